// What every contender in C++ does beside its own search; the protocol is told in serve.ts, the file format in
// graph-file.ts, the checksum in checksum.ts.
#pragma once

#include <malloc.h>
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

struct Rows {
  uint32_t nodes = 0;
  uint32_t arcs = 0;
  std::vector<uint32_t> offsets, targets, weights;
};

inline Rows read_rows(const char *file) {
  FILE *in = std::fopen(file, "rb");
  if (in == nullptr) std::exit(2);
  Rows rows;
  auto words = [&](uint32_t *out, size_t count) {
    if (std::fread(out, 4, count, in) != count) std::exit(2);
  };
  words(&rows.nodes, 1);
  words(&rows.arcs, 1);
  rows.offsets.resize(rows.nodes + 1);
  rows.targets.resize(rows.arcs);
  rows.weights.resize(rows.arcs);
  words(rows.offsets.data(), rows.offsets.size());
  words(rows.targets.data(), rows.arcs);
  words(rows.weights.data(), rows.arcs);
  std::fclose(in);
  return rows;
}

inline std::string checksum(const std::vector<uint32_t> &distances) {
  uint64_t sum = 0;
  uint32_t hash = 0x811c9dc5u;
  for (uint32_t distance : distances) {
    sum += distance;
    hash = (hash ^ distance) * 0x01000193u;
  }
  return std::to_string(sum) + ":" + std::to_string(hash);
}

inline size_t bytes_in_use() {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// What this thread has used of the processor: the same clock as in serve.ts.
inline double processor_nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e9 + now.tv_nsec;
}

// `find(source, distances)` leaves all distances; copying them out of a library's own structure is its part, and counts,
// only where that library has no other way to hand them over.
template <class Find>
void serve(size_t grown, Find find) {
  std::cout << "ready" << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "memory") {
      std::cout << grown << std::endl;
      continue;
    }
    int repeats = 0;
    words >> repeats;
    std::vector<uint32_t> sources;
    uint32_t source = 0, farthest = 0;
    while (words >> source >> farthest) sources.push_back(source);
    std::string answers;
    double nanoseconds = 0;
    for (int repeat = 0; repeat < repeats; repeat++) {
      for (uint32_t from : sources) {
        double begun = processor_nanoseconds();
        auto result = find(from);
        nanoseconds += processor_nanoseconds() - begun;
        if (repeat == repeats - 1) answers += " " + checksum(result());
      }
    }
    std::cout << nanoseconds / (repeats * sources.size()) << answers << std::endl;
  }
}
