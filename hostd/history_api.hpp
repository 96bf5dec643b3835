#pragma once
/// The part of the local API that reads the history, on the pool:
///   GET /v1/guests/NAME/history?from_ms&to_ms&step_s   usage, decisions, resizes and floors of a time
///   GET /v1/guests/NAME/explain?at_ms                  why the guest had its size at a time
///   GET /v1/usage?from_ms&to_ms                        what each guest had, used, saved and lacked
/// Times are milliseconds since 1970; without them the last 24 hours. Guests that no longer run are known, too.

#include <boost/asio/awaitable.hpp>

#include "hostd/history/history.hpp"
#include "runtime/offload.hpp"
#include "runtime/unix_http.hpp"

namespace dynascale::hostd {

class HistoryApi {
 public:
  /// `history` may be null: then it is off, and every answer says so.
  HistoryApi(History* history, OffloadPool& pool, const Clock& clock)
      : history_{history}, pool_{pool}, clock_{clock} {}

  [[nodiscard]] static bool serves(const HttpRequest& request);
  [[nodiscard]] boost::asio::awaitable<HttpReply> answer(HttpRequest request);

 private:
  using Read = std::function<Result<std::string>(HistoryStore&)>;
  /// Errors: `invalid_argument` with every mistake in the query.
  [[nodiscard]] Result<Read> read_of(const HttpRequest& request) const;

  History* history_;
  OffloadPool& pool_;
  const Clock& clock_;
};

}  // namespace dynascale::hostd
