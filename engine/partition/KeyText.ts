/** Which texts can be keys of a dynamic set: those that are one line of a file of keys, and can be read on a screen. */

const isControl = (sign: string): boolean => sign < " " || sign === "\u007f"

/** With its control characters in a form that can be read. */
export const visible = (key: string): string =>
  Array.from(key, (sign) => isControl(sign) ? `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}` : sign).join("")

export const isKey = (text: string): boolean => !Array.from(text).some(isControl)

/** Why the first key that cannot be added is none, in a sentence; undefined: all can be. */
export const refusal = (keys: ReadonlyArray<string>): string | undefined => {
  const wrong = keys.find((key) => !isKey(key))
  return wrong === undefined
    ? undefined
    : `"${visible(wrong)}" cannot be a partition key, because it has a line break or another control character: add it without.`
}
