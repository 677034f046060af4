/** As whom a kubeconfig's user asks beside a name, which client-node doesn't read. */
export interface Impersonation {
  readonly impersonateUid?: string;
  readonly impersonateGroups?: readonly string[];
  readonly impersonateExtra?: Readonly<Record<string, readonly string[]>>;
}

/** The header fields that ask for it. */
export function impersonationFields({
  impersonateUid,
  impersonateGroups = [],
  impersonateExtra = {},
}: Impersonation): Record<string, string> {
  const extra = Object.entries(impersonateExtra).flatMap(([key, values]) =>
    repeated(`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`, values),
  );
  return Object.fromEntries([
    ...(impersonateUid ? [['impersonate-uid', impersonateUid] as const] : []),
    ...repeated('impersonate-group', impersonateGroups),
    ...extra,
  ]);
}

/**
 * A field for each value. Over HTTP/2 undici joins the values of one field with commas, which is one group to an API
 * server; but it takes the same name with other capitals for another field, and names have none on the wire.
 */
function repeated(name: string, values: readonly string[]): (readonly [string, string])[] {
  return values.map((value, index) => [capitalised(name, index), value] as const);
}

/** The name in its `index`th spelling: each bit makes one of its letters a capital. */
function capitalised(name: string, index: number): string {
  let bits = index;
  return name.replace(/[a-z]/g, (letter) => {
    const isCapital = bits % 2 === 1;
    bits = Math.floor(bits / 2);
    return isCapital ? letter.toUpperCase() : letter;
  });
}
