#include "runtime/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace dynascale {
namespace asio = boost::asio;

TaskGroup::TaskGroup(asio::any_io_executor executor, FailureHandler on_failure)
    : executor_{std::move(executor)}, on_failure_{std::move(on_failure)}, emptied_{executor_} {}

TaskGroup::~TaskGroup() {
  if (tasks_.empty()) return;
  std::fprintf(stderr, "TaskGroup destroyed while '%s' still runs\n", tasks_.front().name.c_str());
  std::abort();
}

void TaskGroup::spawn(std::string name, asio::awaitable<void> task) {
  const auto entry = tasks_.emplace(tasks_.end());
  entry->name = std::move(name);
  asio::co_spawn(executor_, std::move(task),
                 asio::bind_cancellation_slot(entry->stop.slot(), [this, entry](const std::exception_ptr& failure) {
                   finished(entry, failure);
                 }));
}

void TaskGroup::finished(std::list<Task>::iterator task, const std::exception_ptr& failure) {
  const std::string name = std::move(task->name);
  tasks_.erase(task);
  if (tasks_.empty()) emptied_.cancel();
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) on_failure_(name, error.what());
  } catch (const std::exception& error) {
    on_failure_(name, error.what());
  }
}

void TaskGroup::stop() {
  // A task may end, and leave the list, inside emit.
  for (auto task = tasks_.begin(); task != tasks_.end();) {
    auto current = task++;
    current->stop.emit(asio::cancellation_type::terminal);
  }
}

asio::awaitable<void> TaskGroup::stop_and_join() {
  auto disabled = asio::disable_cancellation();
  co_await asio::this_coro::reset_cancellation_state(disabled);
  stop();
  while (!tasks_.empty()) {
    emptied_.expires_at(asio::steady_timer::time_point::max());
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await emptied_.async_wait(token);
  }
}

}  // namespace dynascale
