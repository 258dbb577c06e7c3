"""System call filters as part of a policy: profiles as reviewed text, and what kernels make of them."""
