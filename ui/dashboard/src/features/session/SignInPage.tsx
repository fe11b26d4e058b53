import { getRouteApi, useRouter } from "@tanstack/react-router";
import { safeNext } from "./next";
import { SessionCard } from "./SessionCard";
import { SignInForm } from "./SignInForm";

const route = getRouteApi("/sign-in");

export function SignInPage() {
  const { next } = route.useSearch();
  const router = useRouter();
  return (
    <SessionCard title="Sign in">
      <SignInForm onDone={() => router.history.push(`/dashboard${safeNext(next)}`)} />
    </SessionCard>
  );
}
