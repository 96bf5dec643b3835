#include "hostd/scale_out_hook.hpp"

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "runtime/command.hpp"
#include "runtime/http_post.hpp"

namespace dynascale::hostd {

namespace asio = boost::asio;

ScaleOutHook::ScaleOutHook(asio::any_io_executor executor, config::ScaleOutConfig config, OffloadPool& pool,
                           const Clock& clock, Log& log)
    : config_{std::move(config)}, pool_{pool}, clock_{clock}, log_{log}, wake_{std::move(executor)} {}

void ScaleOutHook::tell(std::string event) {
  if (config_.command.empty() && config_.webhook.empty()) return;
  queue_.push_back(std::move(event));
  if (queue_.size() > max_waiting) {
    queue_.pop_front();
    log_.warning("a scale-out event was not sent on: the hook is too slow");
  }
  wake_.cancel();
}

std::function<Status()> ScaleOutHook::command_for(const std::string& event) const {
  Command command;
  command.argv = config_.command;
  command.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  command.input = event + "\n";
  return [command, timeout = config_.timeout, &clock = clock_]() -> Status {
    const auto result = run_command(command, clock, clock.now() + timeout, {});
    if (!result) return tl::unexpected(result.error());
    if (result->status == 0) return {};
    return fail(Errc::refused, fmt::format("'{}' ended with {}: {}", command.argv.front(), result->status,
                                           result->output.substr(0, 200)));
  };
}

std::function<Status()> ScaleOutHook::webhook_for(const std::string& event) const {
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(config_.timeout);
  return [url = config_.webhook, event, timeout] { return http_post(url, event, timeout); };
}

asio::awaitable<void> ScaleOutHook::send(std::function<Status()> work) {
  const auto status = co_await pool_.run<Status>(std::move(work));
  if (!status) log_.warning("the scale-out hook failed", {{"error", status.error().what}});
}

asio::awaitable<void> ScaleOutHook::run() {
  for (;;) {
    if (queue_.empty()) {
      wake_.expires_at(asio::steady_timer::time_point::max());
      boost::system::error_code ignored;
      auto token = asio::redirect_error(asio::use_awaitable, ignored);
      co_await wake_.async_wait(token);
      continue;
    }
    const auto event = std::move(queue_.front());
    queue_.pop_front();
    if (!config_.command.empty()) {
      auto work = command_for(event);
      co_await send(std::move(work));
    }
    if (!config_.webhook.empty()) {
      auto work = webhook_for(event);
      co_await send(std::move(work));
    }
  }
}

}  // namespace dynascale::hostd
