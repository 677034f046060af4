/**
 * Asks for packages that nobody needs in production, and that are not installed with this one.
 *
 * @param whatFor who takes them, for the message
 * @throws Error that says how to install those that are missing
 */
export function needInstalled(whatFor: string, ...names: readonly string[]): void {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  throw new Error(`${whatFor} takes ${missing.join(' and ')}: npm install ${missing.join(' ')}`);
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}
