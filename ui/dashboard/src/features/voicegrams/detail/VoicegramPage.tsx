import { Alert, Anchor, Container, Grid, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { changeVoicegram, type Delivery, type VoicegramDetail, voicegramQuery } from "@/api/voicegrams";
import { ErrorState } from "@/components/states";
import { TimeText } from "@/components/texts";
import { keys } from "@/api/keys";
import { AudioPlayer, type AudioPlayerHandle } from "./AudioPlayer";
import { DeliveriesCard } from "./DeliveriesCard";
import { DetailsCard } from "./DetailsCard";
import { MentionedCard } from "./MentionedCard";
import { StepsCard } from "./StepsCard";
import { SummaryCard } from "./SummaryCard";
import { TagsCard } from "./TagsCard";
import { Transcript } from "./Transcript";
import { VoicegramActions } from "./VoicegramActions";
import { wordAt } from "./words";

const route = getRouteApi("/app/voicegrams/$id");

/** Every answer signs a new link; playback keeps the first until it fails. */
function useAudioLink(latest: string | null) {
  const [kept, setKept] = useState(latest);
  if (kept === null && latest !== null) setKept(latest);
  return { url: kept, renew: () => setKept(null) };
}

function useMarkRead(voicegram: VoicegramDetail) {
  const client = useQueryClient();
  const { id, is_read: isRead } = voicegram;
  useEffect(() => {
    if (isRead !== false) return;
    changeVoicegram(id, { is_read: true }).then(
      () => client.invalidateQueries({ queryKey: keys.voicegrams }),
      () => undefined, // A viewer may read without marking.
    );
  }, [client, id, isRead]);
}

function VoicegramContent({ voicegram, refresh }: { voicegram: VoicegramDetail; refresh(): Promise<unknown> }) {
  const player = useRef<AudioPlayerHandle>(null);
  const [currentWord, setCurrentWord] = useState(-1);
  const audio = useAudioLink(voicegram.audio?.url ?? null);
  useMarkRead(voicegram);
  const { transcript, summary, sender } = voicegram;
  const isProcessing = voicegram.status === "processing";
  const engine = transcript.engine ?? voicegram.steps.find(({ name }) => name === "transcribe")?.engine ?? null;
  const title = sender.email ?? sender.phone ?? "Unknown sender";
  useDocumentTitle(`${title} · Antiphon`);

  return (
    <>
      <Group justify="space-between" wrap="nowrap" mb="lg" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Title order={1} size="h3" style={{ overflowWrap: "anywhere", letterSpacing: "-0.015em" }}>
            {title}
          </Title>
          <Text c="dimmed" size="sm">
            <TimeText iso={voicegram.created_at} look="full" /> · {voicegram.channel.name}
          </Text>
        </div>
        <VoicegramActions voicegram={voicegram} />
      </Group>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack>
            {voicegram.audio?.deleted_at ? (
              <Alert color="gray">The audio was deleted at the end of its retention. The text stays.</Alert>
            ) : (
              audio.url && (
                <AudioPlayer
                  key={audio.url}
                  ref={player}
                  url={audio.url}
                  fileName={`${voicegram.id}.webm`}
                  lengthSeconds={voicegram.duration_seconds}
                  onTime={(time) => setCurrentWord(wordAt(transcript.words ?? [], time))}
                  onExpired={() => void refresh().then(audio.renew)}
                />
              )
            )}
            <SummaryCard summary={summary} isProcessing={isProcessing} />
            <Transcript
              transcript={transcript}
              engine={engine}
              isProcessing={isProcessing}
              currentWord={currentWord}
              onSeek={(time) => player.current?.seek(time)}
            />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack>
            <DetailsCard voicegram={voicegram} />
            {summary && <MentionedCard mentioned={summary.mentioned} />}
            <TagsCard voicegram={voicegram} />
            <StepsCard steps={voicegram.steps} />
            <DeliveriesCard deliveries={voicegram.deliveries as unknown as Delivery[]} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

export function VoicegramPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(voicegramQuery(id));
  return (
    <Container size={1180} px={{ base: "md", sm: 32 }} py={{ base: "md", sm: 24 }}>
      <Anchor component={Link} to="/voicegrams" size="sm" c="dimmed" mb="md" display="inline-flex">
        <IconArrowLeft size={16} style={{ marginRight: 6, alignSelf: "center" }} />
        Voicegrams
      </Anchor>
      {data && <VoicegramContent key={data.id} voicegram={data} refresh={refetch} />}
      {!data && error && <ErrorState error={error} retry={() => void refetch()} />}
      {!data && !error && (
        <Stack>
          <Skeleton height={44} width={300} />
          <Skeleton height={116} radius="lg" />
          <Skeleton height={160} radius="lg" />
        </Stack>
      )}
    </Container>
  );
}
