import { channelsQuery } from "@/api/channels";
import { queryClient } from "@/api/queryClient";

export { bareId, voicegramQuery } from "@/api/voicegrams";

/** Starts the request while the page's code loads; the page itself shows errors. */
export const channelListLoader = () => void queryClient.prefetchQuery(channelsQuery);
