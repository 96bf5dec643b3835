#pragma once
/// A set of coroutines with one owner: spawn, stop all, wait for all. Destroying a group that still has tasks is a
/// broken invariant and aborts. Threading: everything on the executor's one thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <list>
#include <string>

namespace dynascale {

class TaskGroup {
 public:
  /// Told which task ended with an exception, and its text. Cancellation is not a failure.
  using FailureHandler = std::function<void(const std::string& task, const std::string& what)>;

  TaskGroup(boost::asio::any_io_executor executor, FailureHandler on_failure);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  void spawn(std::string name, boost::asio::awaitable<void> task);
  /// Asks every task to stop; each sees it at its next `co_await`.
  void stop();
  /// Returns when no task is left. Cancelling this wait is not possible.
  boost::asio::awaitable<void> stop_and_join();
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }

 private:
  struct Task {
    std::string name;
    boost::asio::cancellation_signal stop;
  };
  void finished(std::list<Task>::iterator task, const std::exception_ptr& failure);

  boost::asio::any_io_executor executor_;
  FailureHandler on_failure_;
  std::list<Task> tasks_;
  boost::asio::steady_timer emptied_;
};

}  // namespace dynascale
