/** Says with a form which account it is about, also without JavaScript. */
export function AboutAccount({ id }: { id: string }) {
  return <input type="hidden" name="user_id" value={id} />;
}
