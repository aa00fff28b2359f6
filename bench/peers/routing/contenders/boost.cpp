// Boost Graph Library: dijkstra_shortest_paths on compressed_sparse_row_graph with weights as an edge property and vectors
// as property maps. With `no-colour` as second argument, dijkstra_shortest_paths_no_color_map: the same without colours.

#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <boost/graph/dijkstra_shortest_paths_no_color_map.hpp>

#include "contender.h"

struct Link {
  uint32_t weight;
};
using Graph = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, Link,
                                                 boost::no_property, uint32_t, uint32_t>;

int main(int count, char **arguments) {
  if (count < 2) return 2;
  const bool colours = count < 3 || std::string(arguments[2]) != "no-colour";
  size_t before = bytes_in_use();
  Graph graph;
  {
    Rows rows = read_rows(arguments[1]);
    std::vector<std::pair<uint32_t, uint32_t>> arcs;
    std::vector<Link> links;
    for (uint32_t node = 0; node < rows.nodes; node++) {
      for (uint32_t arc = rows.offsets[node]; arc < rows.offsets[node + 1]; arc++) {
        arcs.emplace_back(node, rows.targets[arc]);
        links.push_back({rows.weights[arc]});
      }
    }
    graph = Graph(boost::edges_are_sorted, arcs.begin(), arcs.end(), links.begin(), rows.nodes);
  }
  std::vector<uint32_t> distances(boost::num_vertices(graph));
  std::vector<uint32_t> parents(boost::num_vertices(graph));
  size_t grown = bytes_in_use() - before;

  auto index = boost::get(boost::vertex_index, graph);
  serve(grown, [&](uint32_t source) {
    auto options = boost::weight_map(boost::get(&Link::weight, graph))
                       .distance_map(boost::make_iterator_property_map(distances.begin(), index))
                       .predecessor_map(boost::make_iterator_property_map(parents.begin(), index));
    if (colours) boost::dijkstra_shortest_paths(graph, source, options);
    else boost::dijkstra_shortest_paths_no_color_map(graph, source, options);
    return [&]() -> const std::vector<uint32_t> & { return distances; };
  });
}
