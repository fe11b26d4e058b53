import { useState } from "react";
import { deleteFile, type StoredFile, uploadFile } from "@/api/conversations";
import { problemToast } from "@/components/toasts";
import { useDraft } from "@/hooks/useDraft";

const MAX_FILES = 10;
const MAX_BYTES = 25 * 1024 * 1024;
const NONE: StoredFile[] = [];

export interface Files {
  files: readonly StoredFile[];
  /** Names of those that are being uploaded. */
  uploading: readonly string[];
  add: (chosen: readonly File[]) => void;
  remove: (id: string) => void;
  set: (files: StoredFile[]) => void;
  discard: () => void;
}

/** Files to send with a reply: uploaded at once, kept with the draft. */
export function useFiles(place: string): Files {
  const [files, setFiles, discard] = useDraft<StoredFile[]>(`${place}.files`, NONE);
  const [uploading, setUploading] = useState<readonly string[]>([]);
  const add = async (chosen: readonly File[]) => {
    const size = [...files, ...chosen].reduce((sum, file) => sum + file.size, 0);
    if (files.length + chosen.length > MAX_FILES || size > MAX_BYTES) {
      problemToast("Not attached", new Error(`At most ${MAX_FILES} files and 25 MB together.`));
      return;
    }
    setUploading(chosen.map(({ name }) => name));
    const stored = [...files];
    for (const file of chosen) {
      try {
        stored.push(await uploadFile(file));
        setFiles([...stored]);
      } catch (error) {
        problemToast(`Could not attach ${file.name}`, error);
      }
      setUploading((names) => names.filter((name) => name !== file.name));
    }
  };
  return {
    files,
    uploading,
    add: (chosen) => void (chosen.length > 0 && add(chosen)),
    remove: (id) => {
      setFiles(files.filter((file) => file.id !== id));
      deleteFile(id).catch(() => undefined); // The server drops what no message holds.
    },
    set: setFiles,
    discard,
  };
}
