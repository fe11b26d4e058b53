import { Loader } from "@mantine/core";
import { IconCheck, IconWifiOff } from "@tabler/icons-react";
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { connection, type ConnectionState } from "@/api/connection";
import classes from "./shell.module.css";

const SignInAgain = lazy(() => import("./SignInAgain").then(({ SignInAgain: component }) => ({ default: component })));

const RETURN_SHOWN_MS = 3_000;

const texts: Partial<Record<ConnectionState, string>> = {
  offline: "You are offline. What you type is kept, and sent when you send it again.",
  unreachable: "The server does not answer; it may be restarting. Trying again…",
};

export const useConnection = () => useSyncExternalStore(connection.subscribe, connection.snapshot);

/** Says when the network, the server or the session is gone, and when it is back. */
export function ConnectionBanner() {
  const state = useConnection();
  const [last, setLast] = useState(state);
  const [isBack, setBack] = useState(false);
  if (state !== last) {
    setLast(state);
    setBack(state === "fine" && last !== "ended");
  }
  useEffect(() => {
    if (!isBack) return;
    const timer = setTimeout(() => setBack(false), RETURN_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isBack]);
  const text = texts[state];
  return (
    <>
      <div role="status" aria-live="polite">
        {text && (
          <div className={classes.banner} data-state={state} data-testid="connection-banner">
            {state === "offline" ? <IconWifiOff size={16} aria-hidden /> : <Loader size={14} color="currentColor" aria-hidden />}
            {text}
          </div>
        )}
        {isBack && state === "fine" && (
          <div className={classes.banner} data-state="returned" data-testid="connection-banner">
            <IconCheck size={16} aria-hidden />
            Connected again. Everything is up to date.
          </div>
        )}
      </div>
      {state === "ended" && (
        <Suspense>
          <SignInAgain />
        </Suspense>
      )}
    </>
  );
}
