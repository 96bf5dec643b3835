/// Preloaded into hostd: ends it, as a kill -9 does, right before or after one call of a library. The file that
/// $DYNASCALE_CRASH names says which: "virDomainSetVcpusFlags before"; while there is none, nothing happens.

#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <signal.h>
#include <sqlite3.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace {

bool is_due(std::string_view function, std::string_view moment) {
  const char* const path = std::getenv("DYNASCALE_CRASH");
  std::ifstream file{path == nullptr ? "" : path};
  std::string wanted_function;
  std::string wanted_moment;
  return (file >> wanted_function >> wanted_moment) && wanted_function == function && wanted_moment == moment;
}

template <class Function, class... Arguments>
auto pass(const char* function, Arguments... arguments) {
  const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, function));
  if (is_due(function, "before")) ::raise(SIGKILL);
  const auto result = real(arguments...);
  if (is_due(function, "after")) ::raise(SIGKILL);
  return result;
}

}  // namespace

extern "C" {

int virDomainSetVcpusFlags(virDomainPtr domain, unsigned count, unsigned flags) {
  return pass<decltype(&virDomainSetVcpusFlags)>("virDomainSetVcpusFlags", domain, count, flags);
}

int virDomainSetMemoryFlags(virDomainPtr domain, unsigned long memory, unsigned flags) {
  return pass<decltype(&virDomainSetMemoryFlags)>("virDomainSetMemoryFlags", domain, memory, flags);
}

/// The history's transactions alone count.
int sqlite3_exec(sqlite3* database, const char* sql, int (*row)(void*, int, char**, char**), void* argument,
                 char** error) {
  if (std::string_view{sql} == "COMMIT")
    return pass<decltype(&sqlite3_exec)>("sqlite3_exec", database, sql, row, argument, error);
  const auto real = reinterpret_cast<decltype(&sqlite3_exec)>(::dlsym(RTLD_NEXT, "sqlite3_exec"));
  return real(database, sql, row, argument, error);
}

}  // extern "C"
