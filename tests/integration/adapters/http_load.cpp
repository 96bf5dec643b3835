#include "http_load.hpp"

#include "adapters/local_stream.hpp"
#include "server.hpp"

namespace dynascale::testing {

std::string http_get(const std::string& address, const std::string& target) {
  const SystemClock clock;
  const auto limits = limits_of(clock);
  const auto where = parse_local_address(address);
  if (!where) return where.error().what;
  auto stream = LocalStream::open(*where, limits);
  if (!stream) return stream.error().what;
  if (auto sent = stream->send("GET " + target + " HTTP/1.0\r\nHost: test\r\n\r\n", limits); !sent)
    return sent.error().what;
  const auto answer = stream->rest(Bytes::mib(1), limits);
  if (!answer) return answer.error().what;
  const bool whole = answer->starts_with("HTTP/1.0 200") || answer->starts_with("HTTP/1.1 200");
  return whole && answer->ends_with("done") ? "" : "answer: '" + answer->substr(0, 200) + "'";
}

}  // namespace dynascale::testing
