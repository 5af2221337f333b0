/** The server of the benchmark: answers every request at once with a small JSON body. */
import { createServer } from "node:http"

const body = JSON.stringify({ id: 1, name: "an item of some length, as APIs give them", more: [1, 2, 3] })

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
  response.end(body)
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (typeof address === "object" && address !== null) process.send?.(`http://127.0.0.1:${address.port}`)
})
