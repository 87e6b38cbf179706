//! Rotations of space as matrices that act on columns `(x, y, z)`.

/// A rotation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotation([[f64; 3]; 3]);

/// A rotation as three turns: `R_y(α) R_x(β) R_y(γ)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Euler {
    /// The last turn, about y.
    pub alpha: f64,
    /// The turn between, about x, in `[0, π]`.
    pub beta: f64,
    /// The first turn, about y.
    pub gamma: f64,
}

impl Rotation {
    /// No rotation.
    pub const IDENTITY: Self = Self([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);

    /// The matrix, by rows.
    pub const fn matrix(&self) -> &[[f64; 3]; 3] {
        &self.0
    }

    /// The rotation of a quaternion `w + xi + yj + zk`, which need not be of unit length; none for a zero quaternion.
    pub fn from_quaternion([w, x, y, z]: [f64; 4]) -> Option<Self> {
        let square = w * w + x * x + y * y + z * z;
        if !(square > 0.0 && square.is_finite()) {
            return None;
        }
        let s = 2.0 / square;
        Some(Self([
            [1.0 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y)],
            [s * (x * y + w * z), 1.0 - s * (x * x + z * z), s * (y * z - w * x)],
            [s * (x * z - w * y), s * (y * z + w * x), 1.0 - s * (x * x + y * y)],
        ]))
    }

    /// A rotation uniform in SO(3) if `normals` are four independent standard normals: the quaternion that they are is
    /// uniform on the sphere (Shoemake 1992). Four zeros give no rotation.
    pub fn from_normals(normals: [f64; 4]) -> Self {
        Self::from_quaternion(normals).unwrap_or(Self::IDENTITY)
    }

    /// The turn by `angle` about an axis, which need not be of unit length; none for a zero axis.
    pub fn about([x, y, z]: [f64; 3], angle: f64) -> Option<Self> {
        let length = (x * x + y * y + z * z).sqrt();
        if !(length > 0.0 && length.is_finite()) {
            return None;
        }
        let (s, c) = (0.5 * angle).sin_cos();
        Self::from_quaternion([c, s * x / length, s * y / length, s * z / length])
    }

    /// The turn about the polar axis y, which takes z towards x.
    pub fn about_y(angle: f64) -> Self {
        let (s, c) = angle.sin_cos();
        Self([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    }

    /// The turn about x, which takes y towards z.
    pub fn about_x(angle: f64) -> Self {
        let (s, c) = angle.sin_cos();
        Self([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    }

    /// `R_y(α) R_x(β) R_y(γ)`; it takes the y axis to the direction `(β, α)`.
    pub fn from_euler(Euler { alpha, beta, gamma }: Euler) -> Self {
        Self::about_y(alpha).after(&Self::about_x(beta)).after(&Self::about_y(gamma))
    }

    /// The three turns of this rotation; `α = 0` where they are not unique.
    pub fn euler(&self) -> Euler {
        // R ŷ = (sin β sin α, cos β, sin β cos α) is the middle column.
        let [[xx, xy, xz], [_, yy, _], [zx, zy, zz]] = self.0;
        let alpha = if xy == 0.0 && zy == 0.0 { 0.0 } else { xy.atan2(zy) };
        // The first row of R_x(β) R_y(γ) = R_y(−α) R is (cos γ, 0, sin γ): near the poles, where α is uncertain, γ
        // makes up for it.
        let (sa, ca) = alpha.sin_cos();
        let gamma = (ca * xz - sa * zz).atan2(ca * xx - sa * zx);
        Euler { alpha, beta: xy.hypot(zy).atan2(yy), gamma }
    }

    /// A rotation that takes the unit vector `r` to the y axis: `(R_y(α) R_x(β))ᵀ` for `r` in the direction `(β, α)`.
    ///
    /// What an eSCN convolution turns its inputs by (Passaro and Zitnick, ICML 2023); the last turn, about y, is free
    /// there. At the poles `α = 0`.
    pub fn aligning([x, y, z]: [f64; 3]) -> Self {
        let s = x.hypot(z);
        let (sa, ca) = if s > 0.0 { (x / s, z / s) } else { (0.0, 1.0) };
        // Rows are the columns of R_y(α) R_x(β).
        Self([[ca, 0.0, -sa], [s * sa, y, s * ca], [y * sa, -s, y * ca]])
    }

    /// This rotation after another: the product of the matrices.
    #[must_use]
    pub fn after(&self, first: &Self) -> Self {
        let mut product = [[0.0; 3]; 3];
        for (row, out) in self.0.iter().zip(&mut product) {
            for (j, out) in out.iter_mut().enumerate() {
                *out = (0..3).map(|k| row[k] * first.0[k][j]).sum();
            }
        }
        Self(product)
    }

    /// The rotation back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let r = &self.0;
        Self([0, 1, 2].map(|i| [r[0][i], r[1][i], r[2][i]]))
    }

    /// `R r`.
    pub fn apply(&self, r: [f64; 3]) -> [f64; 3] {
        self.0.map(|row| row[0] * r[0] + row[1] * r[1] + row[2] * r[2])
    }
}
