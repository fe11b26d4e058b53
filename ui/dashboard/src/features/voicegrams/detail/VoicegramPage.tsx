import { Alert, Grid, Skeleton, Stack } from "@mantine/core";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { keys } from "@/api/keys";
import { useMay } from "@/api/session";
import {
  bareId,
  changeVoicegram,
  type VoicegramChange,
  type VoicegramDetail,
  type VoicegramFilters,
  voicegramQuery,
  voicegramsQuery,
} from "@/api/voicegrams";
import { NeighbourButtons } from "@/components/NeighbourButtons";
import { Page } from "@/components/Page";
import { AudioPlayer, type AudioPlayerHandle } from "@/components/recording/AudioPlayer";
import { MentionedCard } from "@/components/recording/MentionedCard";
import { NotesCard } from "@/components/recording/NotesCard";
import { SummaryCard } from "@/components/recording/SummaryCard";
import { TagsCard } from "@/components/recording/TagsCard";
import { useKeptLink } from "@/components/recording/useKeptLink";
import { wordAt } from "@/components/recording/words";
import { ErrorState } from "@/components/states";
import { TimeText } from "@/components/texts";
import { phoneText } from "@/format";
import { keptFilters, useNeighbours } from "@/hooks/useListPlace";
import { useOptimistic } from "@/hooks/useOptimistic";
import { DeliveriesCard } from "./DeliveriesCard";
import { DetailsCard } from "./DetailsCard";
import { EventCard } from "./EventCard";
import { LinksCard } from "./LinksCard";
import { StepsCard } from "./StepsCard";
import { Transcript } from "./Transcript";
import { VoicegramActions } from "./VoicegramActions";

const route = getRouteApi("/app/voicegrams/$id");

function useMarkRead({ id, is_read: isRead }: VoicegramDetail, canWrite: boolean) {
  const client = useQueryClient();
  useEffect(() => {
    if (isRead || !canWrite) return;
    changeVoicegram(id, { is_read: true }).then(
      () => client.invalidateQueries({ queryKey: keys.voicegrams }),
      () => undefined, // It stays unread until it is opened again.
    );
  }, [client, id, isRead, canWrite]);
}

function useChange(id: string) {
  const { queryKey } = voicegramQuery(id);
  return useOptimistic<VoicegramChange>({
    send: (change) => changeVoicegram(id, change),
    keys: [queryKey, [...keys.voicegrams, "list"]],
    // Lists are read again; only the voicegram itself shows the change at once.
    change: (cached, change) =>
      typeof cached === "object" && cached !== null && (cached as { id?: string }).id === id ? { ...cached, ...change } : cached,
    what: "change the voicegram",
  });
}

const nameOf = ({ sender }: VoicegramDetail) => sender.email ?? (sender.phone ? phoneText(sender.phone) : "Unknown sender");

function VoicegramContent({ voicegram, refresh }: { voicegram: VoicegramDetail; refresh: () => Promise<unknown> }) {
  const player = useRef<AudioPlayerHandle>(null);
  const [currentWord, setCurrentWord] = useState(-1);
  const audio = useKeptLink(voicegram.audio?.url ?? null);
  const canWrite = useMay()("conversations:write");
  const change = useChange(voicegram.id);
  useMarkRead(voicegram, canWrite);
  const { transcript, summary } = voicegram;
  const isProcessing = voicegram.status === "processing";
  const engine = transcript.engine ?? voicegram.steps.find(({ name }) => name === "transcribe")?.engine ?? null;
  const isHeard = !voicegram.audio?.deleted_at && audio.url !== null;
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Stack>
          {voicegram.audio?.deleted_at && (
            <Alert color="gray">The audio was deleted at the end of its retention. The text stays.</Alert>
          )}
          {isHeard && audio.url && (
            <AudioPlayer
              key={audio.url}
              ref={player}
              url={audio.url}
              fileName={`${voicegram.id}.webm`}
              lengthSeconds={voicegram.duration_seconds}
              onTime={(time) => setCurrentWord(wordAt(transcript.words ?? [], time))}
              onExpired={() => void refresh().then(audio.renew)}
            />
          )}
          <SummaryCard summary={summary} isProcessing={isProcessing} />
          <Transcript
            transcript={transcript}
            engine={engine}
            isProcessing={isProcessing}
            currentWord={currentWord}
            onSeek={isHeard ? (time) => player.current?.seek(time) : undefined}
          />
          <DeliveriesCard voicegramId={voicegram.id} deliveries={voicegram.deliveries} />
          {voicegram.event_id && <EventCard voicegramId={voicegram.id} />}
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <Stack>
          <DetailsCard voicegram={voicegram} />
          {summary && <MentionedCard mentioned={summary.mentioned} />}
          <TagsCard tags={voicegram.tags} onChange={canWrite ? (tags) => change.mutate({ tags }) : undefined} />
          <NotesCard
            draft={`voicegram-notes.${voicegram.id}`}
            notes={voicegram.notes}
            onSave={canWrite ? (notes) => change.mutateAsync({ notes }) : undefined}
          />
          {canWrite && <LinksCard voicegramId={voicegram.id} />}
          <StepsCard steps={voicegram.steps} />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

export function VoicegramPage() {
  const { id } = route.useParams();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(voicegramQuery(id));
  const filters = keptFilters<VoicegramFilters>("voicegrams");
  const neighbours = useNeighbours(useInfiniteQuery(voicegramsQuery(filters)), bareId(id));
  return (
    <Page
      title={data ? nameOf(data) : "Voicegram"}
      back={{ to: "/voicegrams", label: "Voicegrams", search: filters }}
      lead={
        data && (
          <>
            <TimeText iso={data.created_at} look="full" /> · <bdi>{data.channel.name}</bdi>
          </>
        )
      }
      actions={
        data && (
          <>
            <NeighbourButtons
              {...neighbours}
              what="voicegram"
              open={(to) => void navigate({ to: "/voicegrams/$id", params: { id: to }, replace: true })}
            />
            <VoicegramActions voicegram={data} />
          </>
        )
      }
    >
      {data && <VoicegramContent key={data.id} voicegram={data} refresh={refetch} />}
      {!data && error && <ErrorState error={error} retry={() => void refetch()} />}
      {!data && !error && (
        <Stack role="status" aria-label="Loading the voicegram">
          <Skeleton height={116} radius="lg" />
          <Skeleton height={160} radius="lg" />
        </Stack>
      )}
    </Page>
  );
}
