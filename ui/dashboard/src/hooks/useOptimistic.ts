import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { problemToast, undoToast } from "@/components/toasts";

interface OptimisticOptions<Variables, Answer> {
  /** The request. */
  send: (variables: Variables) => Promise<Answer>;
  /** Caches shown with the change at once; each is what `getQueriesData` finds under the key. */
  keys: readonly QueryKey[];
  /** The cached data with the change in it; return the same object where nothing changes. */
  change: (cached: unknown, variables: Variables) => unknown;
  /** Finishes "Could not …" when the server refuses; the caches are then as before. */
  what: string;
  /** A toast with an Undo button: its text, and the variables that take the change back. */
  undo?: (variables: Variables) => { message: string; back: Variables } | null;
}

/** A change that shows before the server agrees, and visibly goes back when it does not. */
export function useOptimistic<Variables, Answer = unknown>(options: OptimisticOptions<Variables, Answer>) {
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: options.send,
    onMutate: async (variables: Variables) => {
      await Promise.all(options.keys.map((queryKey) => client.cancelQueries({ queryKey })));
      const before = options.keys.flatMap((queryKey) => client.getQueriesData({ queryKey }));
      for (const [queryKey, cached] of before) {
        if (cached !== undefined) client.setQueryData(queryKey, options.change(cached, variables));
      }
      return { before };
    },
    onError: (error, _variables, context) => {
      for (const [queryKey, cached] of context?.before ?? []) client.setQueryData(queryKey, cached);
      problemToast(`Could not ${options.what}`, error);
    },
    onSuccess: (_answer, variables) => {
      const undo = options.undo?.(variables);
      if (undo) undoToast(undo.message, () => mutation.mutate(undo.back));
    },
    onSettled: () => Promise.all(options.keys.map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  return mutation;
}
