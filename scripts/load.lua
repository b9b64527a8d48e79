-- What wrk sends (scripts/load_http.py): whole requests from a file, each behind its length, and then from the beginning
-- again, or no more; at the end what came back, as one line of JSON.
local requests, at, again = {}, 0, false

function init(args)
   again = args[2] == "again"
   local file = assert(io.open(args[1], "rb"))
   while true do
      local length = file:read("*l")
      if not length then break end
      requests[#requests + 1] = file:read(tonumber(length))
   end
   file:close()
end

function request()
   at = at + 1
   if at > #requests then
      -- A request is on its way already for each connection; nothing that was sent before must be measured.
      if not again then wrk.thread:stop() end
      at = 1
   end
   return requests[at]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '{"requests": %d, "microseconds": %d, "p50_us": %d, "p99_us": %d, "failed": %d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
