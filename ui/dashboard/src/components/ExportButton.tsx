import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { download } from "@/api/client";
import { problemToast } from "./toasts";

interface ExportButtonProps {
  /** A list's route; it is asked for with the same filters. */
  path: string;
  query: Record<string, string | number | boolean | undefined>;
  /** The file's name without its ending. */
  name: string;
}

/** Saves what a list shows as a table for spreadsheets. */
export function ExportButton({ path, query, name }: ExportButtonProps) {
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await download(path, { ...query, format: "csv" }, `${name}.csv`);
    } catch (error) {
      problemToast("The table was not saved", error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} loading={isBusy} onClick={() => void save()}>
      Export
    </Button>
  );
}
