/** To be imported first: the clock of this process is off by CLOCK_SHIFT milliseconds. */
const shift = Number(process.env["CLOCK_SHIFT"] ?? 0)
const now = Date.now.bind(Date)

if (shift !== 0) {
  globalThis.Date = new Proxy(Date, {
    construct: (target, given: ReadonlyArray<unknown>, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now() + shift] : given, newTarget),
    get: (target, name) => name === "now" ? () => now() + shift : Reflect.get(target, name)
  })
}
