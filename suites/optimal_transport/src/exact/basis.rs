//! Spanning trees of the transportation network: the bases of the simplex method.
//!
//! Nodes are the rows `0..n` and the columns `n..n+m`; the arcs of the tree carry the flow. Each node but the root holds
//! the arc to its parent. Children are linked lists, so that a subtree is cut and hung elsewhere without moving others.

/// No node.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Node {
    /// Mass on the arc to the parent, in units of the network.
    flow: i128,
    parent: u32,
    depth: u32,
    first_child: u32,
    next_sibling: u32,
    previous_sibling: u32,
}

/// A spanning tree with flows, and potentials that make its arcs' reduced costs zero.
#[derive(Debug)]
pub(super) struct Basis {
    nodes: Vec<Node>,
    /// Number of rows.
    n: usize,
    /// `x` of the rows, then `y` of the columns.
    potentials: Vec<f64>,
}

impl Basis {
    /// The tree with these arcs (row, column, flow), rooted at the first row. `cost` gives the cost of an arc.
    pub(super) fn new(
        n: usize,
        m: usize,
        arcs: &[(u32, u32, i128)],
        cost: impl Fn(usize, usize) -> f64,
    ) -> Self {
        debug_assert_eq!(arcs.len(), n + m - 1);
        let blank = Node {
            flow: 0,
            parent: NONE,
            depth: 0,
            first_child: NONE,
            next_sibling: NONE,
            previous_sibling: NONE,
        };
        let mut basis = Self { nodes: vec![blank; n + m], n, potentials: vec![0.0; n + m] };
        let mut neighbours = vec![Vec::new(); n + m];
        for &(i, j, flow) in arcs {
            neighbours[i as usize].push((n as u32 + j, flow));
            neighbours[n + j as usize].push((i, flow));
        }
        let mut open = vec![0_u32];
        while let Some(node) = open.pop() {
            for &(next, flow) in &neighbours[node as usize] {
                if next != basis.nodes[node as usize].parent {
                    basis.nodes[next as usize].flow = flow;
                    basis.attach(next, node);
                    open.push(next);
                }
            }
        }
        basis.refresh(cost);
        basis
    }

    /// Row potentials.
    pub(super) fn x(&self) -> &[f64] {
        &self.potentials[..self.n]
    }

    /// Column potentials.
    pub(super) fn y(&self) -> &[f64] {
        &self.potentials[self.n..]
    }

    /// The arcs: row, column, flow.
    pub(super) fn arcs(&self) -> impl Iterator<Item = (usize, usize, i128)> {
        self.nodes.iter().enumerate().filter(|(_, node)| node.parent != NONE).map(|(k, node)| {
            let (i, j) = self.arc(k as u32);
            (i, j, node.flow)
        })
    }

    /// Row and column of the arc from `node` to its parent.
    fn arc(&self, node: u32) -> (usize, usize) {
        let (node, parent) = (node as usize, self.nodes[node as usize].parent as usize);
        if node < self.n { (node, parent - self.n) } else { (parent, node - self.n) }
    }

    fn is_row(&self, node: u32) -> bool {
        (node as usize) < self.n
    }

    /// Computes depths and potentials from the arcs, which removes what rounding has piled up.
    pub(super) fn refresh(&mut self, cost: impl Fn(usize, usize) -> f64) {
        let mut node = self.nodes[0].first_child;
        self.potentials[0] = 0.0;
        while node != NONE {
            let (i, j) = self.arc(node);
            let parent = self.nodes[node as usize].parent;
            self.nodes[node as usize].depth = self.nodes[parent as usize].depth + 1;
            self.potentials[node as usize] = cost(i, j) - self.potentials[parent as usize];
            node = self.after(node, 0);
        }
    }

    /// The node after `node` in depth-first order below `top`.
    fn after(&self, node: u32, top: u32) -> u32 {
        let child = self.nodes[node as usize].first_child;
        if child != NONE {
            return child;
        }
        let mut node = node;
        while node != top {
            let Node { next_sibling, parent, .. } = self.nodes[node as usize];
            if next_sibling != NONE {
                return next_sibling;
            }
            node = parent;
        }
        NONE
    }

    /// Brings the arc from row `i` to column `j` with reduced cost `reduced` into the tree. The mass that goes round the
    /// cycle is the least flow that it takes away; that arc leaves.
    pub(super) fn pivot(&mut self, i: usize, j: usize, reduced: f64) {
        let (i, j) = (i as u32, (self.n + j) as u32);
        // Along the way up from the row, arcs of rows lose what the new arc gains; from the column, those of columns do.
        let (mut mass, mut leaving, mut from_row) = (i128::MAX, NONE, true);
        let (mut a, mut b) = (i, j);
        while a != b {
            let side_of_row = self.nodes[a as usize].depth >= self.nodes[b as usize].depth;
            let node = if side_of_row { &mut a } else { &mut b };
            let Node { flow, parent, .. } = self.nodes[*node as usize];
            let loses = ((*node as usize) < self.n) == side_of_row;
            if loses && flow < mass {
                (mass, leaving, from_row) = (flow, *node, side_of_row);
            }
            *node = parent;
        }
        let join = a;
        for (end, side_of_row) in [(i, true), (j, false)] {
            let mut node = end;
            while node != join {
                let loses = self.is_row(node) == side_of_row;
                let node_mut = &mut self.nodes[node as usize];
                node_mut.flow += if loses { -mass } else { mass };
                node = node_mut.parent;
            }
        }
        let (top, anchor) = if from_row { (i, j) } else { (j, i) };
        self.rehang(top, anchor, leaving, mass);
        let (change_rows, change_columns) = if from_row { (reduced, -reduced) } else { (-reduced, reduced) };
        let mut node = top;
        while node != NONE {
            let parent = self.nodes[node as usize].parent;
            self.nodes[node as usize].depth = self.nodes[parent as usize].depth + 1;
            self.potentials[node as usize] += if self.is_row(node) { change_rows } else { change_columns };
            node = self.after(node, top);
        }
    }

    /// Cuts the subtree of `cut` off and hangs it below `anchor` by its node `top`, with `flow` on the new arc.
    fn rehang(&mut self, top: u32, anchor: u32, cut: u32, flow: i128) {
        let (mut node, mut parent, mut flow) = (top, anchor, flow);
        loop {
            let old = self.nodes[node as usize];
            self.detach(node);
            self.nodes[node as usize].flow = flow;
            self.attach(node, parent);
            if node == cut {
                return;
            }
            (parent, node, flow) = (node, old.parent, old.flow);
        }
    }

    fn detach(&mut self, node: u32) {
        let Node { parent, next_sibling, previous_sibling, .. } = self.nodes[node as usize];
        if previous_sibling == NONE {
            self.nodes[parent as usize].first_child = next_sibling;
        } else {
            self.nodes[previous_sibling as usize].next_sibling = next_sibling;
        }
        if next_sibling != NONE {
            self.nodes[next_sibling as usize].previous_sibling = previous_sibling;
        }
    }

    fn attach(&mut self, node: u32, parent: u32) {
        let first = std::mem::replace(&mut self.nodes[parent as usize].first_child, node);
        if first != NONE {
            self.nodes[first as usize].previous_sibling = node;
        }
        let child = &mut self.nodes[node as usize];
        (child.parent, child.next_sibling, child.previous_sibling) = (parent, first, NONE);
    }
}
