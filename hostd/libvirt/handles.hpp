#pragma once
/// Owners of what libvirt hands out.

#include <libvirt/libvirt.h>

#include <cstdlib>
#include <memory>

namespace dynascale::hostd {

struct DomainRelease {
  void operator()(virDomainPtr domain) const { virDomainFree(domain); }
};
using DomainHandle = std::unique_ptr<virDomain, DomainRelease>;

struct TextRelease {
  void operator()(char* text) const { std::free(text); }
};
using TextHandle = std::unique_ptr<char, TextRelease>;

struct StatsRelease {
  void operator()(virDomainStatsRecordPtr* records) const { virDomainStatsRecordListFree(records); }
};
using StatsHandle = std::unique_ptr<virDomainStatsRecordPtr, StatsRelease>;

}  // namespace dynascale::hostd
