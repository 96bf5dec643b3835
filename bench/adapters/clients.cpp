/// Clients of one kind that ask without a pause, or with a short one, and tell of every request when it ended, how long
/// it took and whether it was answered as expected. A client that failed connects anew after ten milliseconds.
///
///   bench_clients KIND ADDRESS --clients 8 --pause-ms 2 --out FILE       ended by SIGTERM
///
/// FILE has a line a request: nanoseconds of the monotonic clock at its end, microseconds that it took, 1 or 0.

#include <fmt/format.h>
#include <libpq-fe.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <random>

#include "adapters/local_stream.hpp"
#include "fastcgi.hpp"
#include "http_load.hpp"
#include "redis_client.hpp"
#include "sql_server.hpp"

namespace {

using namespace dynascale;
using Clock = std::chrono::steady_clock;
using Request = testing::Load::Request;

constexpr int keys = 20'000;
constexpr auto rest_after_failure = std::chrono::milliseconds{10};

struct Wanted {
  std::string kind;
  std::string address;
  std::string target;
  std::string out;
  int clients = 8;
  int pause_ms = 0;
};

int any_key() {
  thread_local std::minstd_rand numbers{std::random_device{}()};
  return std::uniform_int_distribution{0, keys - 1}(numbers);
}

Request http(const Wanted& wanted) {
  return [=] { return testing::http_get(wanted.address, wanted.target); };
}

Request fastcgi(const Wanted& wanted) {
  return [=] { return testing::fastcgi_get(wanted.address, wanted.target, "ms=10"); };
}

/// Nine reads for a write; a key that was evicted is no failure.
Request redis(const Wanted& wanted) {
  auto client = std::make_shared<std::optional<testing::RedisClient>>();
  return [=]() -> std::string {
    if (!*client) client->emplace(wanted.address);
    const auto key = fmt::format("key:{}", any_key());
    const auto answer = any_key() % 10 == 0 ? (*client)->ask({"SET", key, std::string(512, 'x')})
                                            : (*client)->ask({"GET", key});
    if (!answer.starts_with("error")) return "";
    client->reset();
    return answer;
  };
}

Request memcached(const Wanted& wanted) {
  auto stream = std::make_shared<std::optional<LocalStream>>();
  return [=]() -> std::string {
    const SystemClock clock;
    const auto limits = testing::limits_of(clock);
    if (!*stream) {
      auto opened = LocalStream::open({.path = wanted.address}, limits);
      if (!opened) return opened.error().what;
      stream->emplace(std::move(*opened));
    }
    const auto key = fmt::format("key:{}", any_key());
    const bool writes = any_key() % 10 == 0;
    const auto words =
        writes ? fmt::format("set {} 0 0 512\r\n{}\r\n", key, std::string(512, 'x')) : fmt::format("get {}\r\n", key);
    auto line = (*stream)->send(words, limits) ? (*stream)->line(limits) : Result<std::string>{"closed"};
    if (line && line->starts_with("VALUE") && (*stream)->line(limits)) line = (*stream)->line(limits);
    if (line && (*line == "END" || *line == "STORED")) return "";
    stream->reset();
    return line ? *line : line.error().what;
  };
}

Request postgresql(const Wanted& wanted) {
  using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
  auto connection = std::make_shared<Connection>(nullptr, &PQfinish);
  return [=]() -> std::string {
    if (!*connection)
      connection->reset(PQconnectdb(fmt::format("host={} user=worker dbname=postgres", wanted.address).c_str()));
    const auto first = any_key();
    const auto sql = fmt::format(
        "SELECT sum(id) FROM (SELECT id FROM orders WHERE id BETWEEN {} AND {} ORDER BY text) o", first, first + 500);
    const std::unique_ptr<PGresult, decltype(&PQclear)> rows{PQexec(connection->get(), sql.c_str()), &PQclear};
    if (PQresultStatus(rows.get()) == PGRES_TUPLES_OK) return "";
    const std::string what = PQerrorMessage(connection->get());
    connection->reset();
    return what;
  };
}

Request mariadb(const Wanted& wanted) {
  auto client = std::make_shared<std::optional<testing::SqlClient>>();
  return [=]() -> std::string {
    if (!*client) client->emplace(wanted.address);
    if (!(*client)->connected()) {
      client->reset();
      return "not connected";
    }
    const auto first = any_key();
    const auto answer = (*client)->ask(fmt::format(
        "SELECT count(*) FROM (SELECT id FROM shop.orders WHERE id BETWEEN {} AND {} ORDER BY text) o", first,
        first + 200));
    if (!answer.starts_with("error") && !answer.empty()) return "";
    client->reset();
    return answer;
  };
}

const std::map<std::string, Request (*)(const Wanted&)> kinds{{"http", http},           {"fastcgi", fastcgi},
                                                              {"redis", redis},         {"memcached", memcached},
                                                              {"postgresql", postgresql}, {"mariadb", mariadb}};

/// Measures each request of one client into a list of its own.
class Recorder {
 public:
  Recorder(const Wanted& wanted, Request request) : pause_{wanted.pause_ms}, request_{std::move(request)} {}
  std::string ask() {
    const auto began = Clock::now();
    auto failure = request_();
    const auto ended = Clock::now();
    lines_ += fmt::format("{} {} {}\n", ended.time_since_epoch().count(),
                          std::chrono::duration_cast<std::chrono::microseconds>(ended - began).count(),
                          failure.empty() ? 1 : 0);
    std::this_thread::sleep_for(failure.empty() ? pause_ : rest_after_failure);
    return failure;
  }
  [[nodiscard]] const std::string& lines() const { return lines_; }

 private:
  std::chrono::milliseconds pause_;
  Request request_;
  std::string lines_;
};

}  // namespace

int main(int count, char** words) {
  Wanted wanted;
  CLI::App app{"Clients that measure each request"};
  app.add_option("kind", wanted.kind)->required();
  app.add_option("address", wanted.address)->required();
  app.add_option("--target", wanted.target);
  app.add_option("--clients", wanted.clients);
  app.add_option("--pause-ms", wanted.pause_ms);
  app.add_option("--out", wanted.out)->required();
  CLI11_PARSE(app, count, words);
  const auto kind = kinds.find(wanted.kind);
  if (kind == kinds.end()) return std::cerr << "there is no kind '" << wanted.kind << "'\n", 2;
  sigset_t ending;
  ::sigemptyset(&ending);
  ::sigaddset(&ending, SIGTERM);
  ::sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  std::vector<std::unique_ptr<Recorder>> recorders;
  for (int client = 0; client < wanted.clients; ++client)
    recorders.push_back(std::make_unique<Recorder>(wanted, kind->second(wanted)));
  testing::Load load{wanted.clients, [&](int client) {
                       auto* const recorder = recorders[static_cast<std::size_t>(client)].get();
                       return [recorder] { return recorder->ask(); };
                     }};
  int signal = 0;
  ::sigwait(&ending, &signal);
  load.stop();
  std::ofstream out{wanted.out};
  for (const auto& recorder : recorders) out << recorder->lines();
  if (load.failed() > 0) std::cerr << "first failure: " << load.first_failure() << '\n';
  return out.good() ? 0 : 1;
}
