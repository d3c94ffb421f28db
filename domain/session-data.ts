/** One entry of the list, as the API tells it. Times are ISO 8601 in UTC. */
export type SessionData = {
  id: string;
  /** Browser and system in words; null when the client did not say. */
  device: string | null;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  /** The one that asks. */
  current: boolean;
};
