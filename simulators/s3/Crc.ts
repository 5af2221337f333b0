/** The checksums of S3 that Node does not have: CRC-32C, and the 64 bits of NVMe. */

const castagnoli = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value >>> 0
})

export const crc32c = (bytes: Uint8Array): number => {
  let value = 0xffffffff
  for (const byte of bytes) value = castagnoli[(value ^ byte) & 255]! ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}

const nvme = Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte)
  for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n
  return value
})

/** In two halves: a number has no 64 bits, and a BigInt for each byte would take seconds for a part of an upload. */
const [high, low] = [Int32Array.from(nvme, (value) => Number(value >> 32n)), Int32Array.from(nvme, (value) => Number(value & 0xffffffffn))]

export const crc64nvme = (bytes: Uint8Array): readonly [number, number] => {
  let [upper, lower] = [-1, -1]
  for (const byte of bytes) {
    const index = (lower ^ byte) & 255
    lower = ((lower >>> 8) | (upper << 24)) ^ low[index]!
    upper = (upper >>> 8) ^ high[index]!
  }
  return [~upper >>> 0, ~lower >>> 0]
}
