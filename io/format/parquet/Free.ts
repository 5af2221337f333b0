/**
 * Memory of unpacked pages, given back at once. V8 knows little of what lies outside its heap: of the pages that waited for a
 * collection of garbage, reading a file of 0.1 GB held 30 to 50 MB more.
 */

/** Nobody looks at these bytes any more. Those that share a buffer with others stay. */
export const free = ({ buffer, byteLength }: Uint8Array): void => {
  const isAlone = buffer.byteLength > Buffer.poolSize && buffer.byteLength <= byteLength + 1
  if (isAlone && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
