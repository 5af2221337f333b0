/** The same thing said a few times, and then only how often it came: thousands of lines would hide all others. */
import * as Text from "./terminal/Text.ts"

export interface Repeats {
  /** Says it the first times, and then the tenth, the hundredth, the thousandth; gives whether it did. */
  readonly tell: (key: string, sentence: string) => boolean
  /** Says how often it came where that is not said yet. */
  readonly close: () => void
}

interface Repeated {
  sentence: string
  times: number
  said: number
}

const first = 3

/** So many things are told apart; what else comes counts as one. */
const mostKeys = 100

const isSaid = (times: number): boolean => times <= first || /^10+$/.test(String(times))

export const make = (say: (sentence: string) => void): Repeats => {
  const all = new Map<string, Repeated>()
  return {
    tell: (key, sentence) => {
      const known = all.has(key) || all.size < mostKeys ? key : ""
      const one = all.get(known) ?? { sentence, times: 0, said: 0 }
      all.set(known, one)
      one.sentence = sentence
      one.times++
      if (!isSaid(one.times)) return false
      one.said = one.times
      say(one.times <= first ? sentence : `${sentence} (${Text.count(one.times)} times by now)`)
      return true
    },
    close: () => {
      for (const { said, sentence, times } of all.values()) {
        if (said < times) say(`${sentence} (${Text.count(times)} times in all)`)
      }
      all.clear()
    }
  }
}
