#pragma once
/// SQLite's own files, on a disk that can be full: while `full` is set every write of the process's databases fails
/// as one on a full disk does. Made before the databases, and outlives
/// them.

#include <sqlite3.h>

#include <atomic>
#include <new>
#include <stdexcept>

namespace dynascale::fakes {

class FullDisk {
 public:
  FullDisk() {
    real() = sqlite3_vfs_find(nullptr);
    vfs_ = *real();
    vfs_.zName = "full-disk";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real()->szOsFile;
    vfs_.xOpen = open;
    if (sqlite3_vfs_register(&vfs_, 1) != SQLITE_OK) throw std::runtime_error("SQLite took no file system");
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    full() = false;
    sqlite3_vfs_unregister(&vfs_);
  }
  static std::atomic<bool>& full() {
    static std::atomic<bool> is{false};
    return is;
  }

 private:
  /// SQLite's file stands right behind this one.
  struct File {
    sqlite3_file base;
    sqlite3_io_methods methods;
  };
  static sqlite3_vfs*& real() {
    static sqlite3_vfs* vfs = nullptr;
    return vfs;
  }
  static sqlite3_file* behind(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
  }
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    auto* const own = new (file) File{};
    const int result = real()->xOpen(real(), name, behind(file), flags, out);
    const auto* const methods = behind(file)->pMethods;
    if (methods == nullptr) return result;
    fill(own->methods);
    own->methods.iVersion = 1;  // Without shared memory and mapping: the exclusive lock needs neither.
    own->base.pMethods = &own->methods;
    return result;
  }
  static const sqlite3_io_methods& of(sqlite3_file* file) { return *behind(file)->pMethods; }
  static void fill(sqlite3_io_methods& methods) {
    using F = sqlite3_file;
    methods.xClose = [](F* f) { return of(f).xClose(behind(f)); };
    methods.xRead = [](F* f, void* to, int n, sqlite3_int64 at) { return of(f).xRead(behind(f), to, n, at); };
    methods.xWrite = [](F* f, const void* from, int n, sqlite3_int64 at) {
      return full() ? SQLITE_FULL : of(f).xWrite(behind(f), from, n, at);
    };
    methods.xTruncate = [](F* f, sqlite3_int64 size) { return of(f).xTruncate(behind(f), size); };
    methods.xSync = [](F* f, int flags) { return of(f).xSync(behind(f), flags); };
    methods.xFileSize = [](F* f, sqlite3_int64* size) { return of(f).xFileSize(behind(f), size); };
    methods.xLock = [](F* f, int level) { return of(f).xLock(behind(f), level); };
    methods.xUnlock = [](F* f, int level) { return of(f).xUnlock(behind(f), level); };
    methods.xCheckReservedLock = [](F* f, int* out) { return of(f).xCheckReservedLock(behind(f), out); };
    methods.xFileControl = [](F* f, int op, void* arg) { return of(f).xFileControl(behind(f), op, arg); };
    methods.xSectorSize = [](F* f) { return of(f).xSectorSize(behind(f)); };
    methods.xDeviceCharacteristics = [](F* f) { return of(f).xDeviceCharacteristics(behind(f)); };
  }

  sqlite3_vfs vfs_{};
};

}  // namespace dynascale::fakes
