// igraph: igraph_distances_dijkstra, all distances from one node. It keeps no parents.

#include <igraph/igraph.h>

#include "contender.h"

int main(int count, char **arguments) {
  if (count < 2) return 2;
  size_t before = bytes_in_use();
  igraph_t graph;
  igraph_vector_t weights;
  uint32_t nodes = 0;
  {
    Rows rows = read_rows(arguments[1]);
    nodes = rows.nodes;
    igraph_vector_int_t edges;
    igraph_vector_int_init(&edges, 2 * static_cast<igraph_integer_t>(rows.arcs));
    igraph_vector_init(&weights, rows.arcs);
    for (uint32_t node = 0; node < rows.nodes; node++) {
      for (uint32_t arc = rows.offsets[node]; arc < rows.offsets[node + 1]; arc++) {
        VECTOR(edges)[2 * arc] = node;
        VECTOR(edges)[2 * arc + 1] = rows.targets[arc];
        VECTOR(weights)[arc] = rows.weights[arc];
      }
    }
    igraph_create(&graph, &edges, rows.nodes, IGRAPH_DIRECTED);
    igraph_vector_int_destroy(&edges);
  }
  size_t grown = bytes_in_use() - before;

  igraph_matrix_t distances;
  igraph_matrix_init(&distances, 0, 0);
  std::vector<uint32_t> answer(nodes);
  serve(grown, [&](uint32_t source) {
    igraph_distances_dijkstra(&graph, &distances, igraph_vss_1(source), igraph_vss_all(), &weights,
                              IGRAPH_OUT);
    return [&]() -> const std::vector<uint32_t> & {
      for (uint32_t node = 0; node < nodes; node++) {
        answer[node] = static_cast<uint32_t>(MATRIX(distances, 0, node));
      }
      return answer;
    };
  });
}
