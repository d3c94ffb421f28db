/** Tells a password manager whose password a form is about; nobody sees it (https://www.chromium.org/developers/design-documents/create-amazing-password-forms). */
export function UsernameHint({ username }: { username: string }) {
  return <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />;
}
