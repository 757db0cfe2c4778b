-- Who may log in to the composed stack's database? For psql, by the image's entry point, once.
\getenv secret COMPOSE_SECRET
CREATE ROLE sluice_owner LOGIN CREATEDB PASSWORD :'secret';
CREATE ROLE sluice_loader LOGIN BYPASSRLS PASSWORD :'secret';
CREATE ROLE sluice_reader LOGIN PASSWORD :'secret';
CREATE DATABASE sluice OWNER sluice_owner;
