/**
 * Who wins a key among the members of a group, by rendezvous hashing (Thaler and Ravishankar, 1996): each member has a
 * score for each key, and the highest wins. A member that joins takes keys only for itself, one that leaves loses only
 * its own, and what any two replicas compute is the same.
 *
 * The score is the 64-bit finaliser of MurmurHash3 (Austin Appleby, public domain) over the FNV-1a hashes of the member
 * and the key. FNV alone spreads names that differ in their last letter badly: 25, 25 and 50 % for three of them.
 */
export interface Rendezvous {
  /** The member that wins the key; undefined where there are no members. */
  winner(key: string): string | undefined;
}

/** A number of 64 bits, as two of 32. */
interface Wide {
  readonly high: number;
  readonly low: number;
}

/** A rendezvous of these members; of equal ones, only one counts. */
export function createRendezvous(members: readonly string[]): Rendezvous {
  const hashes = [...new Set(members)].sort().map((member) => ({ member, hash: fnv1a(member) }));
  return {
    winner: (key) => {
      if (hashes.length < 2) return hashes[0]?.member;
      const { high, low } = fnv1a(key);
      let best: (Wide & { readonly member: string }) | undefined;
      for (const { member, hash } of hashes) {
        const score = finalise(hash.high ^ high, hash.low ^ low);
        const wins =
          !best || score.high > best.high || (score.high === best.high && score.low > best.low);
        if (wins) best = { ...score, member };
      }
      return best?.member;
    },
  };
}

/** FNV-1a of 64 bits, over the code units of a text: its bytes, for what is ASCII. */
function fnv1a(text: string): Wide {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let index = 0; index < text.length; index++) {
    low = (low ^ text.charCodeAt(index)) >>> 0;
    // Times 2 ** 40 + 0x1b3.
    const product = low * 0x1b3;
    const rest = product >>> 0;
    high = (Math.imul(high, 0x1b3) + (product - rest) / 2 ** 32 + (low << 8)) >>> 0;
    low = rest;
  }
  return { high, low };
}

function finalise(high: number, low: number): Wide {
  let mixed = shifted(high >>> 0, low >>> 0);
  mixed = times(mixed, 0xff51afd7, 0xed558ccd);
  mixed = shifted(mixed.high, mixed.low);
  mixed = times(mixed, 0xc4ceb9fe, 0x1a85ec53);
  return shifted(mixed.high, mixed.low);
}

/** A number XOR itself shifted to the right by 33. */
function shifted(high: number, low: number): Wide {
  return { high, low: (low ^ (high >>> 1)) >>> 0 };
}

/** The lower 64 bits of a product. */
function times({ high, low }: Wide, otherHigh: number, otherLow: number): Wide {
  const upper = low >>> 16;
  const lower = low & 0xffff;
  const otherUpper = otherLow >>> 16;
  const otherLower = otherLow & 0xffff;
  const middle = upper * otherLower + Math.floor((lower * otherLower) / 2 ** 16);
  const crossed = lower * otherUpper + (middle % 2 ** 16);
  const carry = upper * otherUpper + Math.floor(middle / 2 ** 16) + Math.floor(crossed / 2 ** 16);
  return {
    high: (carry + Math.imul(low, otherHigh) + Math.imul(high, otherLow)) >>> 0,
    low: Math.imul(low, otherLow) >>> 0,
  };
}
