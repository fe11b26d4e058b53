import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { enginesQuery } from "@/api/engines";
import { Page } from "@/components/Page";
import { ErrorState, LoadingState } from "@/components/states";
import { EngineCard } from "./EngineCard";
import { engineKinds } from "./kinds";

export function EnginesPage() {
  const { data, error, refetch } = useQuery(enginesQuery);
  return (
    <Page title="Speech engines" lead="What hears, understands and speaks for this account." width={760}>
      {error && <ErrorState error={error} retry={() => void refetch()} />}
      {!data && !error && <LoadingState rows={4} height={150} />}
      {data && (
        <Stack gap="lg">
          {engineKinds.map(({ kind, ...words }) => (
            <EngineCard key={kind} kind={kind} {...words} engine={data[kind]} />
          ))}
        </Stack>
      )}
    </Page>
  );
}
