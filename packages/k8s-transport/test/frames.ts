const frameTypes = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7 };
const headBytes = 9;
/** What a client says before its first frame. */
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** An HTTP/2 frame, for what a server of Node does not do. */
export function frame(
  type: keyof typeof frameTypes,
  stream: number,
  flags: number,
  payload: Buffer,
): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(frameTypes[type], 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Takes what a client sends, and tells of each request's stream. */
export function requestsIn(onRequest: (stream: number) => void): (bytes: Buffer) => void {
  let left = Buffer.alloc(0);
  let skip = preface.length;
  return (bytes) => {
    left = Buffer.concat([left, bytes]);
    for (;;) {
      if (left.length < skip + headBytes) return;
      const head = left.subarray(skip);
      const next = skip + headBytes + head.readUIntBE(0, 3);
      if (left.length < next) return;
      if (head.readUInt8(3) === frameTypes.headers) onRequest(head.readUInt32BE(5));
      left = left.subarray(next);
      skip = 0;
    }
  };
}
