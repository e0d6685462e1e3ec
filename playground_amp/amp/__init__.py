"""Adversarial motion priors (Peng et al. 2021): a discriminator learns to tell demonstrations, and pays for style."""
