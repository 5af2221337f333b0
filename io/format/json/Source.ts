/** The text of one member of a JSON text: its digits as they are written. */

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

/** Of a member that comes twice, the last one, which is the one that JSON.parse gives. */
export const sourceOf = (text: string | undefined, key: string | number): string | undefined => {
  if (text === undefined) return undefined
  let i = text.search(/[[{]/) + 1
  if (i === 0) return undefined
  let found: string | undefined
  for (let index = 0; i < text.length; index++) {
    const end = skipValue(text, i)
    const member = text.slice(i, end)
    if (typeof key === "number") {
      if (index === key) return member.trim()
    } else {
      const name = /^\s*("(?:[^"\\]|\\.)*")\s*:/.exec(member)
      if (name?.[1] !== undefined && JSON.parse(name[1]) === key) found = member.slice(name[0].length).trim()
    }
    if (text[end] !== ",") break
    i = end + 1
  }
  return found
}
