import { Button, SimpleGrid, Skeleton } from "@mantine/core";
import { IconMicrophone2, IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { channelsQuery } from "@/api/channels";
import { useMay } from "@/api/session";
import { FilterBar, type FilterField } from "@/components/filters/FilterBar";
import { Page } from "@/components/Page";
import { EmptyState, ErrorState } from "@/components/states";
import { useFilters } from "@/hooks/useFilters";
import { ChannelCard } from "./ChannelCard";
import { CreateChannelModal } from "./CreateChannelModal";
import { filters } from "./filters";
import { WorkspaceLine } from "./WorkspaceLine";

const FILTERED_FROM = 5;
const FIELDS: FilterField[] = [
  {
    kind: "choice",
    name: "kind",
    label: "Kind",
    choices: [
      { value: "domain", label: "Widget" },
      { value: "campaign", label: "Hosted page" },
    ],
  },
];

export function ChannelsPage() {
  const { values, change, clear } = useFilters(filters);
  const { new: isCreating, ...asked } = values;
  const { data, error, isPending, refetch } = useQuery(channelsQuery);
  const navigate = useNavigate();
  const canCreate = useMay()("channels:write");
  const create = canCreate && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => change({ new: true })} data-testid="new-channel">
      New channel
    </Button>
  );
  const words = asked.search?.toLowerCase() ?? "";
  const all = data?.recording_channels ?? [];
  const shown = all.filter(
    ({ name, host, slug, kind }) =>
      (!asked.kind || kind === asked.kind) && [name, host, slug].some((text) => text?.toLowerCase().includes(words)),
  );
  return (
    <Page title="Channels" width={2000} lead={<WorkspaceLine />} actions={all.length > 0 && create}>
      {error && !data && <ErrorState error={error} retry={() => void refetch()} />}
      {(all.length >= FILTERED_FROM || shown.length < all.length) && (
        <FilterBar
          values={asked}
          change={change}
          clear={clear}
          fields={FIELDS}
          search="Search names and addresses"
          total={shown.length}
        />
      )}
      <SimpleGrid cols={{ base: 1, lg: 2, xl: 3 }}>
        {isPending && [0, 1].map((card) => <Skeleton key={card} height={220} radius="lg" />)}
        {shown.map((channel) => (
          <ChannelCard key={channel.id} channel={channel} />
        ))}
      </SimpleGrid>
      {all.length > 0 && shown.length === 0 && (
        <EmptyState
          icon={<IconSearch size={26} />}
          title="Nothing matches"
          action={
            <Button variant="default" onClick={clear}>
              Show all
            </Button>
          }
        />
      )}
      {data?.total === 0 && (
        <EmptyState icon={<IconMicrophone2 size={26} />} title="No channels yet" color="iris" action={create}>
          A channel is where people leave voice messages: a page with its own link, or a button on your website.
        </EmptyState>
      )}
      {canCreate && (
        <CreateChannelModal
          opened={isCreating === true}
          onClose={() => change({ new: undefined })}
          onCreated={(id) => void navigate({ to: "/channels/$id", params: { id } })}
        />
      )}
    </Page>
  );
}
