#include "fastcgi.hpp"

#include "adapters/local_stream.hpp"
#include "server.hpp"

namespace dynascale::testing {
namespace {

constexpr char begin_request = 1;
constexpr char end_request = 3;
constexpr char parameters = 4;
constexpr char standard_input = 5;
constexpr char standard_output = 6;

std::string record(char type, const std::string& content) {
  std::string text{1, type, 0, 1};
  text += static_cast<char>(content.size() >> 8U);
  text += static_cast<char>(content.size() & 0xFFU);
  text += std::string(2, '\0');
  return text + content;
}

std::string pair(const std::string& name, const std::string& value) {
  return std::string{static_cast<char>(name.size())} + static_cast<char>(value.size()) + name + value;
}

unsigned byte_at(const std::string& text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// The standard output in an answer that has its end; "broken" otherwise.
std::string output_of(const std::string& answer) {
  std::string output;
  bool ended = false;
  for (std::size_t at = 0; at + 8 <= answer.size() && !ended;) {
    const std::size_t length = byte_at(answer, at + 4) * 256U + byte_at(answer, at + 5);
    if (at + 8 + length > answer.size()) break;
    if (answer[at + 1] == standard_output) output += answer.substr(at + 8, length);
    ended = answer[at + 1] == end_request;
    at += 8 + length + byte_at(answer, at + 6);
  }
  return ended ? output : "broken answer: " + output;
}

}  // namespace

std::string fastcgi_get(const std::string& socket, const std::string& script, const std::string& query) {
  const SystemClock clock;
  const auto limits = limits_of(clock);
  auto stream = LocalStream::open({.path = socket}, limits);
  if (!stream) return stream.error().what;
  const auto request = record(begin_request, std::string{"\0\1\0\0\0\0\0\0", 8}) +
                       record(parameters, pair("SCRIPT_FILENAME", script) + pair("QUERY_STRING", query) +
                                              pair("REQUEST_METHOD", "GET")) +
                       record(parameters, "") + record(standard_input, "");
  if (auto sent = stream->send(request, limits); !sent) return sent.error().what;
  const auto answer = stream->rest(Bytes::mib(1), limits);
  if (!answer) return answer.error().what;
  const auto output = output_of(*answer);
  return output.ends_with("done") ? "" : "answer: '" + output.substr(0, 200) + "'";
}

}  // namespace dynascale::testing
