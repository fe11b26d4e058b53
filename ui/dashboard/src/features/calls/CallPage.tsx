import { Grid, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { type CallChange, type CallDetail, type CallFilters, callQuery, callsQuery, changeCall } from "@/api/calls";
import { keys } from "@/api/keys";
import { useMay } from "@/api/session";
import { usersQuery } from "@/api/users";
import { NeighbourButtons } from "@/components/NeighbourButtons";
import { Page } from "@/components/Page";
import { AudioPlayer, type AudioPlayerHandle } from "@/components/recording/AudioPlayer";
import { MentionedCard } from "@/components/recording/MentionedCard";
import { NotesCard } from "@/components/recording/NotesCard";
import { SummaryCard } from "@/components/recording/SummaryCard";
import { TagsCard } from "@/components/recording/TagsCard";
import { useKeptLink } from "@/components/recording/useKeptLink";
import { ErrorState } from "@/components/states";
import { TimeText } from "@/components/texts";
import { keptFilters, useNeighbours } from "@/hooks/useListPlace";
import { useOptimistic } from "@/hooks/useOptimistic";
import { CallActions } from "./CallActions";
import { FactsCard, PartyCard } from "./CallFacts";
import { JourneyCard } from "./JourneyCard";
import { OutcomeCard } from "./OutcomeCard";
import { TurnsCard } from "./TurnsCard";
import { turnAt } from "./turns";
import { directionWord, partyName, StatusBadge, summaryOf } from "./words";

const route = getRouteApi("/app/calls/$id");

function useChange(id: string) {
  const { queryKey } = callQuery(id);
  return useOptimistic<CallChange>({
    send: (change) => changeCall(id, change),
    keys: [queryKey, [...keys.calls, "list"]],
    // Lists are read again; only the call itself shows the change at once.
    change: (cached, change) =>
      typeof cached === "object" && cached !== null && (cached as { id?: string }).id === id ? { ...cached, ...change } : cached,
    what: "change the call",
  });
}

function CallContent({ call, refresh }: { call: CallDetail; refresh: () => Promise<unknown> }) {
  const player = useRef<AudioPlayerHandle>(null);
  const [current, setCurrent] = useState(-1);
  const audio = useKeptLink(call.recording_url);
  const change = useChange(call.id);
  const may = useMay();
  const users = useQuery(usersQuery);
  const canWrite = may("activity:write");
  const summary = summaryOf(call);
  const isWorking = call.has_recording && call.analyzed_at === null;
  const hasAudio = call.has_recording && audio.url !== null;
  const colleague = users.data?.users.find(({ id }) => id === call.user_id)?.name ?? "Your team";
  const names = { caller: partyName(call), user: colleague, agent: "Agent" };
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Stack>
          {hasAudio && audio.url && (
            <AudioPlayer
              key={audio.url}
              ref={player}
              url={audio.url}
              fileName={`call-${call.id}.webm`}
              lengthSeconds={call.duration_seconds}
              isSplit
              onTime={(time) => setCurrent(turnAt(call.transcript, time))}
              onExpired={() => void refresh().then(audio.renew)}
            />
          )}
          {!call.has_recording && call.status === "completed" && (
            <Text size="sm" c="dimmed">
              There is no recording of this call.
            </Text>
          )}
          {(summary || isWorking || call.transcript.length > 0) && <SummaryCard summary={summary} isProcessing={isWorking} />}
          <TurnsCard
            turns={call.transcript}
            names={names}
            engine={call.engines.transcription}
            confidence={call.engines.confidence}
            current={current}
            empty={
              isWorking
                ? "The recording is being transcribed…"
                : call.status === "completed"
                  ? "Nothing was transcribed."
                  : "Nobody spoke: the call was not answered."
            }
            onSeek={hasAudio ? (time) => player.current?.seek(time) : undefined}
          />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <Stack>
          <PartyCard call={call} />
          <OutcomeCard call={call} onChange={canWrite ? change.mutate : undefined} />
          <TagsCard tags={call.tags} onChange={canWrite ? (tags) => change.mutate({ tags }) : undefined} />
          <NotesCard
            draft={`call-notes.${call.id}`}
            notes={call.notes}
            onSave={canWrite ? (notes) => change.mutateAsync({ notes }) : undefined}
          />
          {summary && <MentionedCard mentioned={summary.mentioned} />}
          <JourneyCard legs={call.legs} />
          <FactsCard call={call} />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

export function CallPage() {
  const { id } = route.useParams();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(callQuery(id));
  const filters = keptFilters<CallFilters>("calls");
  const neighbours = useNeighbours(useInfiniteQuery(callsQuery(filters)), id);
  return (
    <Page
      title={data ? partyName(data) : "Call"}
      back={{ to: "/calls", label: "Calls", search: filters }}
      lead={
        data && (
          <Group gap={8}>
            <StatusBadge call={data} />
            <span>
              {directionWord(data)} · <TimeText iso={data.started_at} look="full" />
            </span>
          </Group>
        )
      }
      actions={
        data && (
          <>
            <NeighbourButtons
              {...neighbours}
              what="call"
              open={(to) => void navigate({ to: "/calls/$id", params: { id: to }, replace: true })}
            />
            <CallActions call={data} />
          </>
        )
      }
    >
      {data && <CallContent key={data.id} call={data} refresh={refetch} />}
      {!data && error && <ErrorState error={error} retry={() => void refetch()} />}
      {!data && !error && (
        <Stack role="status" aria-label="Loading the call">
          <Skeleton height={116} radius="lg" />
          <Skeleton height={160} radius="lg" />
        </Stack>
      )}
    </Page>
  );
}
