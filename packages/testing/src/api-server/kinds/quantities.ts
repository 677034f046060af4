const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
/** Digits behind the point: what the real server rounds resources of containers to. */
const scale = 3;

interface Amount {
  readonly negative: boolean;
  /** Without its sign. */
  readonly thousandths: bigint;
  readonly how: 'binary' | 'decimal' | 'exponent';
}

/**
 * Reads an amount, such as `0.5`, `1024Mi` or the number 2, and writes it in its canonical form, such as `500m`, `1Gi`
 * and `2`, as resource.Quantity does.
 *
 * @throws RangeError in Go's words
 */
export function parseQuantity(value: unknown): string {
  const { negative, thousandths, how } = parseAmount(value);
  const amount = format(thousandths, how);
  return negative && amount !== '0' ? `-${amount}` : amount;
}

/** Below 0 when the first amount is less, above when it is more; neither may be negative. */
export function compareQuantities(a: string, b: string): number {
  const difference = parseAmount(a).thousandths - parseAmount(b).thousandths;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function parseAmount(value: unknown): Amount {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d+)|([KMGTPE]i)|([numkMGTPE]))?$/.exec(
    text,
  );
  const [, sign = '', whole = '', fraction = '', exponentMark, exponent, binary, decimal = ''] =
    match ?? [];
  if (!match || (whole === '' && fraction === '')) {
    throw new RangeError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  const power = exponentMark ? Number(exponent) : (decimalSuffixes.indexOf(decimal) - 3) * 3;
  return {
    negative: sign === '-',
    thousandths: toThousandths(whole, fraction, binary ? 0 : power, powerOf1024(binary)),
    how: binary ? 'binary' : exponentMark ? 'exponent' : 'decimal',
  };
}

/** Thousandths, rounded up. */
function toThousandths(whole: string, fraction: string, power: number, unit: bigint): bigint {
  const digits = BigInt(`${whole}${fraction}` || '0') * unit;
  const shift = power + scale - fraction.length;
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return (digits + divisor - 1n) / divisor;
}

function powerOf1024(suffix = ''): bigint {
  return 1024n ** BigInt(binarySuffixes.indexOf(suffix));
}

function format(thousandths: bigint, how: 'binary' | 'decimal' | 'exponent'): string {
  if (thousandths === 0n) return '0';
  const one = 10n ** BigInt(scale);
  if (how === 'binary' && thousandths >= 1024n * one && thousandths % one === 0n) {
    const [amount, step] = withoutFactor(thousandths / one, 1024n, binarySuffixes.length - 1);
    return `${amount}${binarySuffixes[step]!}`;
  }
  const [amount, step] = withoutFactor(thousandths, 1000n, decimalSuffixes.length - 3);
  const power = (step - 1) * 3;
  if (how === 'exponent') return power === 0 ? String(amount) : `${amount}e${power}`;
  return `${amount}${decimalSuffixes[step + 2]!}`;
}

/** What is left of an amount after dividing as often as it goes without a rest, and how often that was. */
function withoutFactor(
  value: bigint,
  factor: bigint,
  most: number,
): [amount: bigint, times: number] {
  let amount = value;
  let times = 0;
  while (amount % factor === 0n && times < most) {
    amount /= factor;
    times += 1;
  }
  return [amount, times];
}
