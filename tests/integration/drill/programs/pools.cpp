// Writes what the C and C++ libraries say of the machine, again and again.
#include <omp.h>
#include <oneapi/tbb/info.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

namespace {

int team_size() {
  int size = 0;
#pragma omp parallel
#pragma omp master
  size = omp_get_num_threads();
  return size;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string now = argv[1];
  const std::string next = now + ".new";
  const auto kept = std::thread::hardware_concurrency();
  for (;;) {
    std::ofstream{next} << "hardwareConcurrency " << std::thread::hardware_concurrency() << "\nkept " << kept
                        << "\nonline " << sysconf(_SC_NPROCESSORS_ONLN) << "\nconfigured "
                        << sysconf(_SC_NPROCESSORS_CONF) << "\npagesMiB " << (sysconf(_SC_PHYS_PAGES) >> 8)
                        << "\nompProcessors " << omp_get_num_procs() << "\nompTeam " << team_size()
                        << "\ntbb " << oneapi::tbb::info::default_concurrency() << "\n";
    if (std::rename(next.c_str(), now.c_str()) != 0) return 1;
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
}
