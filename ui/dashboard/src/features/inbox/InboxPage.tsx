import { Anchor, Button, CloseButton, Group, Pagination, Paper, Select, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconInbox, IconPhoneCall, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { channelsQuery } from "@/api/channels";
import { PAGE_SIZE, type VoicegramFilters, voicegramsQuery } from "@/api/voicegrams";
import { ErrorNotice, Notice } from "@/components/Notice";
import { Page } from "@/components/Page";
import { sentenceCase } from "@/format";
import { VoicegramRow } from "./VoicegramRow";

const route = getRouteApi("/app/inbox");

const options = (values: string[], suffix = "") =>
  values.map((value) => ({ value, label: `${sentenceCase(value)}${suffix}` }));

const urgencies = options(["high", "medium", "low"], " urgency");
const sentiments = options(["positive", "neutral", "negative"]);
const statuses = [
  { value: "processing", label: "Processing" },
  { value: "completed", label: "Completed" },
  { value: "failed_step", label: "With a failed step" },
];

export function InboxPage() {
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(filters.search ?? "");
  const { data, error, isPending, refetch } = useQuery(voicegramsQuery(filters));
  const channels = useQuery(channelsQuery);
  const apply = (change: VoicegramFilters) =>
    void navigate({ search: (previous) => ({ ...previous, page: undefined, ...change }), replace: true });
  const searchSoon = useDebouncedCallback((search: string) => apply({ search: search || undefined }), 300);
  const isFiltered = Object.keys(filters).some((name) => name !== "page" && filters[name as keyof VoicegramFilters]);
  const clear = () => {
    setTyped("");
    void navigate({ search: {}, replace: true });
  };
  const pages = data ? Math.ceil(data.total / PAGE_SIZE) : 0;

  return (
    <Page
      title="Inbox"
      actions={
        data && (
          <Text c="dimmed" size="sm" role="status" data-testid="inbox-total">
            {data.total} {data.total === 1 ? "message" : "messages"}
          </Text>
        )
      }
    >
      <Group gap="xs" mb="md">
        <TextInput
          placeholder="Search transcripts, summaries, senders"
          aria-label="Search"
          leftSection={<IconSearch size={16} />}
          rightSection={
            typed && (
              <CloseButton
                size="sm"
                aria-label="Clear search"
                onClick={() => {
                  setTyped("");
                  apply({ search: undefined });
                }}
              />
            )
          }
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            searchSoon(event.currentTarget.value);
          }}
          style={{ flex: "1 1 200px" }}
          data-testid="inbox-search"
        />
        <Select
          aria-label="Channel"
          placeholder="Any channel"
          data={channels.data?.recording_channels.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          value={filters.recording_channel_id ?? null}
          onChange={(value) => apply({ recording_channel_id: value ?? undefined })}
          clearable
          w={145}
        />
        <Select
          aria-label="Urgency"
          placeholder="Any urgency"
          data={urgencies}
          value={filters.urgency ?? null}
          onChange={(value) => apply({ urgency: value ?? undefined })}
          clearable
          w={145}
        />
        <Select
          aria-label="Sentiment"
          placeholder="Any sentiment"
          data={sentiments}
          value={filters.sentiment ?? null}
          onChange={(value) => apply({ sentiment: value ?? undefined })}
          clearable
          w={145}
        />
        <Select
          aria-label="Status"
          placeholder="Any status"
          data={statuses}
          value={filters.status ?? null}
          onChange={(value) => apply({ status: value ?? undefined })}
          clearable
          w={145}
        />
        <Button
          variant={filters.callback_required ? "light" : "default"}
          fw={500}
          leftSection={<IconPhoneCall size={16} />}
          aria-pressed={filters.callback_required ?? false}
          onClick={() => apply({ callback_required: filters.callback_required ? undefined : true })}
        >
          Call back
        </Button>
        {isFiltered && (
          <Button variant="subtle" color="gray" fw={500} onClick={clear}>
            Clear
          </Button>
        )}
      </Group>

      {error && !data ? (
        <ErrorNotice error={error} retry={() => void refetch()} />
      ) : (
        <Paper withBorder radius="lg" style={{ overflow: "hidden" }} data-testid="inbox-list">
          {isPending && (
            <Stack p="md" gap="md">
              {[0, 1, 2, 3, 4].map((row) => (
                <Skeleton key={row} height={64} />
              ))}
            </Stack>
          )}
          {data?.voicegrams.map((voicegram) => (
            <VoicegramRow key={voicegram.id} voicegram={voicegram} />
          ))}
          {data?.voicegrams.length === 0 &&
            (isFiltered ? (
              <Notice
                icon={<IconSearch size={26} />}
                title="Nothing matches"
                action={
                  <Button variant="default" mt="sm" onClick={clear}>
                    Show all messages
                  </Button>
                }
              >
                No message fits these filters.
              </Notice>
            ) : (
              <Notice icon={<IconInbox size={26} />} title="No messages yet" color="iris">
                Share the link of a channel or put its widget on your site: new messages appear here by themselves.{" "}
                <Anchor component={Link} to="/channels">
                  See your channels
                </Anchor>
              </Notice>
            ))}
        </Paper>
      )}
      {pages > 1 && (
        <Group justify="center" mt="lg">
          <Pagination
            total={pages}
            value={filters.page ?? 1}
            onChange={(page) => void navigate({ search: (previous) => ({ ...previous, page }) })}
            getControlProps={(control) => ({ "aria-label": `${sentenceCase(control)} page` })}
          />
        </Group>
      )}
    </Page>
  );
}
