import { Button, SimpleGrid, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconMicrophone2, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { channelsQuery } from "@/api/channels";
import { Page } from "@/components/Page";
import { EmptyState, ErrorState } from "@/components/states";
import { ChannelCard } from "./ChannelCard";
import { CreateChannelModal } from "./CreateChannelModal";

export function ChannelsPage() {
  const { data, error, isPending, refetch } = useQuery(channelsQuery);
  const [isCreating, { open, close }] = useDisclosure();
  const create = (
    <Button leftSection={<IconPlus size={16} />} onClick={open} data-testid="new-channel">
      New channel
    </Button>
  );
  return (
    <Page title="Channels" actions={data && data.total > 0 && create}>
      {error && !data && <ErrorState error={error} retry={() => void refetch()} />}
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        {isPending && [0, 1].map((card) => <Skeleton key={card} height={220} radius="lg" />)}
        {data?.recording_channels.map((channel) => (
          <ChannelCard key={channel.id} channel={channel} />
        ))}
      </SimpleGrid>
      {data?.total === 0 && (
        <EmptyState icon={<IconMicrophone2 size={26} />} title="No channels yet" color="iris" action={create}>
          A channel is where people leave voice messages: a page with its own link, or a button on your website.
        </EmptyState>
      )}
      <CreateChannelModal opened={isCreating} onClose={close} />
    </Page>
  );
}
