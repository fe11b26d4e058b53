import { useCallback, useState } from "react";
import { useMe } from "@/api/session";
import { draftName, readDraft, writeDraft } from "./drafts";

/**
 * State that is also written to this browser: `const [text, setText, discard] = useDraft("reply." + id, "")`.
 * `key` may change while mounted; the value follows it.
 */
export function useDraft<T>(key: string, initial: T): [value: T, set: (value: T) => void, discard: () => void] {
  const { user, account } = useMe();
  const name = draftName(user.id, account.id, key);
  const [state, setState] = useState(() => ({ name, value: readDraft<T>(name) ?? initial }));
  const current = state.name === name ? state : { name, value: readDraft<T>(name) ?? initial };
  if (current !== state) setState(current);
  const set = useCallback(
    (value: T) => {
      writeDraft(name, value);
      setState({ name, value });
    },
    [name],
  );
  const discard = useCallback(() => {
    writeDraft(name, undefined);
    setState({ name, value: initial });
  }, [name, initial]);
  return [current.value, set, discard];
}
