import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

/** After a navigation to another page the focus moves to the content, as after loading a page. */
export function useArrival() {
  const content = useRef<HTMLElement>(null);
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
        if (!fromLocation || !pathChanged) return;
        const focused = document.activeElement;
        // A page that put the focus somewhere itself (a search field, a reply box) keeps it there.
        if (focused && focused !== document.body && content.current?.contains(focused)) return;
        content.current?.focus({ preventScroll: true });
      }),
    [router],
  );
  return content;
}
