import { Badge, Button, Grid, Group, Paper, Skeleton, Stack, Text, Title } from "@mantine/core";
import { IconMessage, IconPhone, IconTrash } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { ApiError } from "@/api/client";
import { keys } from "@/api/keys";
import { changeLeadTags, deleteLead, type Lead, leadName, leadQuery, tagsQuery } from "@/api/leads";
import { useMay } from "@/api/session";
import { ConfirmButton } from "@/components/ConfirmButton";
import { Page } from "@/components/Page";
import { ErrorState } from "@/components/states";
import { TagInput } from "@/components/TagInput";
import { Avatar, Tags } from "@/components/texts";
import { doneToast } from "@/components/toasts";
import { useOptimistic } from "@/hooks/useOptimistic";
import { DetailsCard } from "./DetailsCard";
import { NotesCard } from "./NotesCard";
import { TimelineCard } from "./TimelineCard";

const route = getRouteApi("/app/contacts/$id");
const BACK = { to: "/contacts", label: "Contacts" };

function TagsCard({ lead }: { lead: Lead }) {
  const known = useQuery(tagsQuery);
  const canEdit = useMay()("contacts:write");
  const save = useOptimistic<string[]>({
    send: (tags) =>
      changeLeadTags(
        lead.id,
        tags.filter((tag) => !lead.tags.includes(tag)),
        lead.tags.filter((tag) => !tags.includes(tag)),
      ),
    keys: [leadQuery(lead.id).queryKey],
    change: (cached, tags) => ({ ...(cached as Lead), tags }),
    what: "change the tags",
  });
  return (
    <Paper withBorder radius="lg" p="md" component="section" aria-label="Tags">
      <Title order={2} size="h6" mb="xs">
        Tags
      </Title>
      {canEdit ? (
        <TagInput
          aria-label="Tags"
          data-testid="contact-tags"
          {...(lead.tags.length === 0 && { placeholder: "Add a tag" })}
          value={lead.tags}
          onChange={(tags) => save.mutate(tags)}
          known={known.data?.tags.map(({ name }) => name) ?? []}
        />
      ) : (
        <Tags tags={lead.tags} />
      )}
    </Paper>
  );
}

function Profile({ lead }: { lead: Lead }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const may = useMay();
  const name = leadName(lead);
  const remove = async () => {
    await deleteLead(lead.id);
    doneToast(`${name} was deleted.`);
    await navigate({ to: "/contacts" });
    await client.invalidateQueries({ queryKey: keys.leads });
  };
  return (
    <Page
      title={name}
      back={BACK}
      lead={
        <Group gap="xs" wrap="nowrap">
          <Avatar name={name} size={22} />
          <span style={{ flex: 1, minWidth: 0, overflowWrap: "anywhere" }}>
            {[lead.job_title, lead.company !== name && lead.company].filter(Boolean).join(", ") || "Contact"}
          </span>
          {lead.dnd && (
            <Badge color="red" variant="light" tt="none">
              Do not disturb
            </Badge>
          )}
        </Group>
      }
      actions={
        <>
          {lead.conversation_id && (
            <Button
              leftSection={<IconMessage size={16} aria-hidden />}
              renderRoot={(props) => <Link to="/inbox/$id" params={{ id: lead.conversation_id ?? "" }} {...props} />}
            >
              Open conversation
            </Button>
          )}
          {lead.phone && (
            <Button variant="default" leftSection={<IconPhone size={16} aria-hidden />} component="a" href={`tel:${lead.phone}`}>
              Call
            </Button>
          )}
          {may("contacts:write") && (
            <ConfirmButton
              title={`Delete ${name}?`}
              question={
                <Text size="sm">
                  The contact leaves every list and every connected system. Calls and messages stay, without a name.
                </Text>
              }
              verb="Delete"
              label="Delete"
              color="red"
              variant="subtle"
              leftSection={<IconTrash size={16} aria-hidden />}
              onConfirm={remove}
            />
          )}
        </>
      }
    >
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack>
            <TagsCard lead={lead} />
            <DetailsCard lead={lead} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack>
            <NotesCard leadId={lead.id} />
            <TimelineCard leadId={lead.id} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

export function ContactPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(leadQuery(id));
  if (data) return <Profile key={data.id} lead={data} />;
  if (error) {
    const title = error instanceof ApiError && error.status === 404 ? "No such contact" : "Contact";
    return (
      <Page title={title} back={BACK}>
        <ErrorState error={error} retry={() => void refetch()} />
      </Page>
    );
  }
  return (
    <Page title="Contact" back={BACK}>
      <Stack>
        <Skeleton height={220} radius="lg" />
        <Skeleton height={160} radius="lg" />
      </Stack>
    </Page>
  );
}
