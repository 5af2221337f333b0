/** Spans of time as people write them. Whatever tells somebody a span takes its words from here. */

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]

/** From so many days on they are counted: "26 h" says more than "1 day 2 h". */
const fewestDays = 2

/** What was measured, in a precision that fits its size: `84 ms`, `1.4 s`, `10 s`, `2 min 05 s`, `3 h 20 min`, `4 days 3 h`. */
export const rounded = (millis: number): string => {
  const step = millis < second ? 1 : millis < minute ? 100 : millis < hour ? second : millis < fewestDays * day ? minute : hour
  return exact(Math.round(millis / step) * step)
}

/** What was declared, with all that there is of it: `10 s`, `1.25 s`, `1 min 30 s`, `26 h`, `7 days`. */
export const exact = (millis: number): string => {
  if (millis < second) return `${Number(millis.toFixed(3))} ms`
  const days = millis < fewestDays * day ? 0 : Math.floor(millis / day)
  const hours = Math.floor((millis - days * day) / hour)
  const minutes = Math.floor(millis % hour / minute)
  const seconds = Number((millis % minute / second).toFixed(6))
  const two = (n: number, larger: number) => larger > 0 && n < 10 ? `0${n}` : String(n)
  return [
    days === 0 ? "" : `${days} days`,
    hours === 0 ? "" : `${hours} h`,
    minutes === 0 ? "" : `${two(minutes, hours)} min`,
    seconds === 0 ? "" : `${two(seconds, minutes)} s`
  ].filter((part) => part !== "").join(" ")
}
