import { Switch } from "@mantine/core";
import { changeChannel, type RecordingChannel } from "@/api/channels";
import { keys } from "@/api/keys";
import { useMay } from "@/api/session";
import { useOptimistic } from "@/hooks/useOptimistic";

interface Cached {
  id?: string;
  recording_channels?: RecordingChannel[];
}

/** Whether a channel takes messages; shown at once, in every list. */
export function ActiveSwitch({ channel }: { channel: RecordingChannel }) {
  const canEdit = useMay()("channels:write");
  const toggle = useOptimistic<boolean>({
    send: (isActive) => changeChannel(channel.id, { is_active: isActive }),
    keys: [keys.recordingChannels],
    change: (cached, isActive) => {
      const known = cached as Cached;
      const set = (row: RecordingChannel) => (row.id === channel.id ? { ...row, is_active: isActive } : row);
      if (known.recording_channels) return { ...known, recording_channels: known.recording_channels.map(set) };
      return known.id === channel.id ? { ...known, is_active: isActive } : cached;
    },
    what: `${channel.is_active ? "close" : "open"} ${channel.name}`,
  });
  return (
    <Switch
      checked={channel.is_active}
      disabled={!canEdit}
      onChange={(event) => toggle.mutate(event.currentTarget.checked)}
      label={channel.is_active ? "Open" : "Paused"}
      labelPosition="left"
      aria-label={`${channel.name} takes messages`}
      data-testid="channel-active"
    />
  );
}
