import { IconHammer } from "@tabler/icons-react";
import { Page } from "./Page";
import { EmptyState } from "./states";

/** Stands in for a screen until its folder has it. */
export function Comes({ title }: { title: string }) {
  return (
    <Page title={title}>
      <EmptyState icon={<IconHammer size={26} />} title="Not built yet">
        This screen comes with a later version.
      </EmptyState>
    </Page>
  );
}
