/** Says with a form which registration it is about, also without JavaScript: by the id of a mail of it. */
export function AboutMail({ id }: { id: string | undefined }) {
  return id === undefined ? null : <input type="hidden" name="delivery_id" value={id} />;
}
