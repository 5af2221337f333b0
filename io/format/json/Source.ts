/** The text of the members of a JSON text: their digits as they are written. */

/** From a bracket or quote to after its end; undefined where there is none. */
const skipValue = (text: string, start: number): number => {
  let depth = 0
  for (let i = start; i < text.length; i++) {
    const c = text[i]
    if (c === "\"") {
      for (i++; i < text.length && text[i] !== "\""; i++) if (text[i] === "\\") i++
    } else if (c === "{" || c === "[") depth++
    else if (c === "}" || c === "]") {
      if (depth === 0) return i
      depth--
    } else if (c === "," && depth === 0) return i
  }
  return text.length
}

/** Of an object. Of a member that comes twice, the last one, which is the one that JSON.parse gives. */
export const sourceOf = (text: string | undefined, key: string): string | undefined => {
  if (text === undefined) return undefined
  let found: string | undefined
  for (const member of membersOf(text)) {
    const name = /^\s*("(?:[^"\\]|\\.)*")\s*:/.exec(member)
    if (name?.[1] !== undefined && JSON.parse(name[1]) === key) found = member.slice(name[0].length).trim()
  }
  return found
}

/** Of an array. */
export const elementsOf = (text: string): ReadonlyArray<string> => membersOf(text).map((element) => element.trim())

/** What stands between the commas. */
const membersOf = (text: string): ReadonlyArray<string> => {
  const members: Array<string> = []
  for (let i = text.search(/[[{]/) + 1; i > 0 && i < text.length;) {
    const end = skipValue(text, i)
    members.push(text.slice(i, end))
    if (text[end] !== ",") break
    i = end + 1
  }
  return members
}
